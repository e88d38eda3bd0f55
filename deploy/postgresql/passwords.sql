-- psql 14 or later: the roles' passwords from its environment (dev/env.sh makes them for compose).
\set ON_ERROR_STOP on
\getenv migrations MIGRATIONS_DATABASE_PASSWORD
\getenv gateway GATEWAY_DATABASE_PASSWORD
\getenv renderer RENDERER_DATABASE_PASSWORD
\getenv storage STORAGE_DATABASE_PASSWORD
\getenv webhooks WEBHOOKS_DATABASE_PASSWORD
SET log_statement TO none;
SET log_min_error_statement TO panic;
ALTER ROLE exports_migrations PASSWORD :'migrations';
ALTER ROLE exports_gateway PASSWORD :'gateway';
ALTER ROLE exports_renderer PASSWORD :'renderer';
ALTER ROLE exports_storage PASSWORD :'storage';
\if :{?webhooks}
ALTER ROLE exports_webhooks PASSWORD :'webhooks';
\endif
