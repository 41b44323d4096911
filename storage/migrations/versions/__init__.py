"""The revisions, oldest first: each names the SQL of both engines and touches nothing older."""
