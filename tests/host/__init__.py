"""An app of a host project, with rows of its own beside the package's."""
