"""The site for gunicorn, with its Celery app."""

from django.core.wsgi import get_wsgi_application

from tests.runner.app import app

assert app.conf.broker_url
application = get_wsgi_application()
