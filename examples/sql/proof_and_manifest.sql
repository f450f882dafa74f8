-- What the file says about itself: the manifest is in its footer.
--   duckdb -f examples/sql/proof_and_manifest.sql

CREATE OR REPLACE TEMP VIEW manifest AS
SELECT decode(value)::JSON AS m
FROM parquet_kv_metadata('out/inbox_conversations.parquet')
WHERE decode(key) = 'lemexport.manifest';

-- Is it complete, and does the file hold what the manifest says?
SELECT (m->>'$.proof.complete')::BOOLEAN AS complete, m->>'$.proof.method' AS method,
       (m->>'$.simulated')::BOOLEAN AS simulated, (m->>'$.rows')::BIGINT AS rows,
       (SELECT count(*) FROM 'out/inbox_conversations.parquet') AS rows_found
FROM manifest;

-- The run.
SELECT m->>'$.run_id' AS run_id, (m->>'$.window.started_at')::TIMESTAMPTZ AS started,
       (m->>'$.window.finished_at')::TIMESTAMPTZ AS finished, m->>'$.content.sha256' AS sha256
FROM manifest;

-- The account of the walk: every row that was read is kept, a duplicate, or superseded.
SELECT (m->>'$.proof.requests')::BIGINT AS requests, (m->>'$.proof.rows_read')::BIGINT AS rows_read,
       (m->>'$.proof.rows')::BIGINT AS kept, (m->>'$.proof.duplicates')::BIGINT AS duplicates,
       (m->>'$.proof.superseded')::BIGINT AS superseded
FROM manifest;

-- User by user.
SELECT u->>'$.user_id' AS user_id, (u->>'$.pages')::BIGINT AS pages, (u->>'$.rows_read')::BIGINT AS rows_read,
       (u->>'$.total_items_start')::BIGINT AS total_before, (u->>'$.total_items_end')::BIGINT AS total_after,
       (u->>'$.complete')::BOOLEAN AS complete
FROM (SELECT unnest((m->'$.proof.users')::JSON[]) AS u FROM manifest)
ORDER BY user_id;
