-- What lies unread with whom.
--   duckdb -f examples/sql/unread_by_user.sql

-- Every user of a conversation has read it or not.
SELECT u.user_id, count(*) AS conversations, count_if(NOT u.read) AS unread,
       count_if(NOT u.read AND is_your_turn) AS unread_and_your_turn, count_if(u.sender) AS sends
FROM (SELECT unnest(users) AS u, is_your_turn FROM 'out/inbox_conversations.parquet')
GROUP BY ALL ORDER BY conversations DESC, u.user_id;

-- Conversations that nobody has read, by channel of the newest reply.
SELECT last_replied_channel AS channel, count(*) AS conversations
FROM 'out/inbox_conversations.parquet'
WHERE len(users) > 0 AND len(list_filter(users, lambda u: u.read)) = 0
GROUP BY ALL ORDER BY conversations DESC, channel NULLS LAST;
