// Package k6 exists so that go.mod pins k6: `go install` of k6's own module is refused, because that module has replacements.
package k6

import _ "go.k6.io/k6/v2/cmd"
