-- Unread conversations, by user and by channel.
--   duckdb -f examples/sql/unread_by_user.sql

-- The names of users, from team_users beside the conversations. Without that file the
-- table is empty, and the queries show the ids.
SET VARIABLE team_users = (
  SELECT if(count(*) > 0,
    $$SELECT id, nullif(trim(name), '') AS name FROM 'out/team_users.parquet'$$,
    $$SELECT '' AS id, '' AS name WHERE false$$)
  FROM glob('out/team_users.parquet'));
CREATE OR REPLACE TEMP TABLE team_users AS FROM query(getvariable('team_users'));

-- Conversations of each user, and how many of them the user has not read.
SELECT coalesce(name, user_id) AS user, count(*) AS conversations, count_if(NOT read) AS unread,
       count_if(NOT read AND is_your_turn) AS unread_and_your_turn, count_if(sender) AS sends
FROM (SELECT unnest(users, max_depth := 2), is_your_turn FROM 'out/inbox_conversations.parquet')
LEFT JOIN team_users ON team_users.id = user_id
GROUP BY user_id, name ORDER BY conversations DESC, user_id;

-- Conversations that nobody has read, by channel of the newest reply.
SELECT last_replied_channel AS channel, count(*) AS conversations
FROM 'out/inbox_conversations.parquet'
WHERE len(users) > 0 AND len(list_filter(users, lambda u: u.read)) = 0
GROUP BY ALL ORDER BY conversations DESC, channel NULLS LAST;
