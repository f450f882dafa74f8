-- A first look at an export. From the folder that holds out/:
--   duckdb -f examples/sql/first_look.sql

-- Rows, conversations, and the time they cover.
SELECT count(*) AS rows, count(DISTINCT id) AS conversations,
       min(created_at)::DATE AS first_created, max(last_activity_at)::DATE AS newest_activity
FROM 'out/inbox_conversations.parquet';

-- The columns and their types.
SELECT column_name, column_type
FROM (DESCRIBE FROM 'out/inbox_conversations.parquet');

-- Lists are unnested: one row per conversation and channel.
SELECT channel, count(*) AS conversations
FROM (SELECT unnest(channels) AS channel FROM 'out/inbox_conversations.parquet')
GROUP BY ALL ORDER BY conversations DESC, channel;

-- Or asked with list functions: conversations on more than one channel.
SELECT len(channels) AS channels, count(*) AS conversations
FROM 'out/inbox_conversations.parquet'
GROUP BY ALL ORDER BY channels;

-- What the API sends and the table does not know, by field.
SELECT field, count(*) AS conversations
FROM (SELECT unnest(json_keys(extra)) AS field FROM 'out/inbox_conversations.parquet')
GROUP BY ALL ORDER BY conversations DESC, field;
