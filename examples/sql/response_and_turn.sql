-- Replies, response times, and whose turn it is.
--   duckdb -f examples/sql/response_and_turn.sql
--
-- The export has the newest reply and the newest sent message of each conversation, not
-- all of them, so it cannot give the time to the first reply.

-- Share of conversations with a reply, by channel. A conversation counts once in each of its channels.
SELECT channel, count(*) AS conversations, count_if(have_replies) AS replied,
       round(100 * count_if(have_replies) / count(*), 1) AS percent
FROM (SELECT unnest(channels) AS channel, have_replies FROM 'out/inbox_conversations.parquet')
WHERE have_replies IS NOT NULL
GROUP BY ALL ORDER BY conversations DESC, channel;

-- Days from the newest sent message to the newest reply, where the reply is later.
SELECT last_replied_channel AS channel, count(*) AS conversations,
       round(median(date_diff('minute', last_sent_at, last_replied_at)) / 1440, 1) AS median_days
FROM 'out/inbox_conversations.parquet'
WHERE last_replied_at > last_sent_at
GROUP BY ALL ORDER BY conversations DESC, channel;

-- An upper bound for the first reply, in days since the conversation was created: it is not later than the newest reply.
SELECT days, round(100 * count_if(last_replied_at - created_at < to_days(days)) / count(*), 1) AS at_least_percent
FROM 'out/inbox_conversations.parquet', (VALUES (1), (3), (7), (30), (90)) AS bound(days)
WHERE last_replied_at >= created_at
GROUP BY ALL ORDER BY days;

-- Whose turn it is; null where the API does not state it.
SELECT is_your_turn, count(*) AS conversations
FROM 'out/inbox_conversations.parquet'
GROUP BY ALL ORDER BY is_your_turn NULLS LAST;

-- The ten conversations that have waited longest for the team, counted up to the newest activity in the export.
SELECT id, last_replied_channel AS channel, last_replied_at::DATE AS replied,
       date_diff('day', last_replied_at, (SELECT max(last_activity_at) FROM 'out/inbox_conversations.parquet')) AS days_waiting
FROM 'out/inbox_conversations.parquet'
WHERE is_your_turn AND last_replied_at IS NOT NULL
ORDER BY last_replied_at, id LIMIT 10;
