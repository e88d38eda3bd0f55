"""RabbitMQ in, outcomes out: requests consumed, exports made and uploaded, progress and outcomes published."""
