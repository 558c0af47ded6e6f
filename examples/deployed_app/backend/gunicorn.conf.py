bind = "0.0.0.0:8000"
worker_class = "uvicorn_worker.UvicornWorker"
workers = 1
graceful_timeout = 5  # quick deploys
