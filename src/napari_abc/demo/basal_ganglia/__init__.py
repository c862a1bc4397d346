"""The primate basal ganglia of the miniature release."""
