"""How the frameworks' verdicts agree with people's."""
