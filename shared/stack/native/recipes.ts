/** All recipes, by kind. A kind without one can only be had from somebody else (../external/provider.ts). */
import type { ServerKind } from '../server.ts';
import { kafka } from './kafka.ts';
import { nginx } from './nginx.ts';
import { postgres } from './postgres.ts';
import type { Recipe } from './recipe.ts';
import { redis } from './redis.ts';

export const RECIPES: Partial<Record<ServerKind, Recipe>> = { postgres, redis, kafka, nginx };
