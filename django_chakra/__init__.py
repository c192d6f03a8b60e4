"""WhatsApp through ChakraHQ: webhooks stored first, announced as signals, read in the admin."""

__version__ = "0.1.0.dev0"
