"""Questions to answers: wiring, command line, HTTP service and pages."""
