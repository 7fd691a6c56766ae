"""Bills of materials: what was audited and what it was made from, as an inventory, and the inventory as SPDX and CycloneDX."""
