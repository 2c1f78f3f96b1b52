// Package conformance runs the official Gateway API suite, unchanged, as one Go test. Its manifests are embedded, so that the compiled
// test needs neither Go nor this checkout.
package conformance

import (
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

// TestConformance takes the suite's own flags: -kubeconfig, -gateway-class, -conformance-profiles, -report-output, …
func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}
