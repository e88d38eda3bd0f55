-- How many deliveries to an endpoint are under way: without it every claim read all that wait for the endpoint.
CREATE INDEX webhook_delivery_claimed ON exports.webhook_delivery (endpoint_id, claimed_until)
    WHERE claimed_until IS NOT NULL;
