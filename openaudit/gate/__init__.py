"""The CI check on model adoption: what a code base uses, the policy, the lock file, waivers."""
