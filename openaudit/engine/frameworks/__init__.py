"""What published frameworks make of the findings: criteria as data in rules/frameworks/, and how each adds them up."""
