-- A first look at an export. Run it in the folder that contains out/:
--   duckdb -f examples/sql/first_look.sql

-- Rows, conversations, and the period they cover.
SELECT count(*) AS rows, count(DISTINCT id) AS conversations,
       min(created_at)::DATE AS first_created, max(last_activity_at)::DATE AS newest_activity
FROM 'out/inbox_conversations.parquet';

-- The columns and their types.
SELECT column_name, column_type
FROM (DESCRIBE FROM 'out/inbox_conversations.parquet');

-- unnest makes a row of each element of a list: one per conversation and channel.
SELECT channel, count(*) AS conversations
FROM (SELECT unnest(channels) AS channel FROM 'out/inbox_conversations.parquet')
GROUP BY ALL ORDER BY conversations DESC, channel;

-- List functions keep one row per conversation: by number of channels.
SELECT len(channels) AS channels, count(*) AS conversations
FROM 'out/inbox_conversations.parquet'
GROUP BY ALL ORDER BY channels;

-- Fields that the API sends and the table has no column for.
SELECT field, count(*) AS conversations
FROM (SELECT unnest(json_keys(extra)) AS field FROM 'out/inbox_conversations.parquet')
GROUP BY ALL ORDER BY conversations DESC, field;
