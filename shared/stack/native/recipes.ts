/** All recipes, by kind. */
import type { ServerKind } from '../server.ts';
import { kafka } from './kafka.ts';
import { nginx } from './nginx.ts';
import { postgres } from './postgres.ts';
import { rabbitmq } from './rabbitmq.ts';
import type { Recipe } from './recipe.ts';
import { redis } from './redis.ts';

export const RECIPES: Record<ServerKind, Recipe> = { postgres, redis, rabbitmq, kafka, nginx };
