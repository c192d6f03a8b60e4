"""A host project as small as one can be: what a site needs before it can use django-chakra."""
