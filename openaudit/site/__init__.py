"""Published scorecards: a static web site made of reports."""
