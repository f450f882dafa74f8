-- Conversations by label.
--   duckdb -f examples/sql/labels.sql
--
-- The API does not document which labels a conversation has. Where it sends their ids,
-- they are in extra, under labelIds.

-- The names of labels, from inbox_labels beside the conversations. Without that file the
-- table is empty, and the queries show the ids.
SET VARIABLE inbox_labels = (
  SELECT if(count(*) > 0,
    $$SELECT id, nullif(trim(name), '') AS name, color FROM 'out/inbox_labels.parquet'$$,
    $$SELECT '' AS id, '' AS name, '' AS color WHERE false$$)
  FROM glob('out/inbox_labels.parquet'));
CREATE OR REPLACE TEMP TABLE inbox_labels AS FROM query(getvariable('inbox_labels'));

-- The names of users, from team_users beside the conversations. Without that file the
-- table is empty, and the queries show the ids.
SET VARIABLE team_users = (
  SELECT if(count(*) > 0,
    $$SELECT id, nullif(trim(name), '') AS name FROM 'out/team_users.parquet'$$,
    $$SELECT '' AS id, '' AS name WHERE false$$)
  FROM glob('out/team_users.parquet'));
CREATE OR REPLACE TEMP TABLE team_users AS FROM query(getvariable('team_users'));

-- One row per conversation and label.
CREATE OR REPLACE TEMP VIEW labelled AS
SELECT users, is_your_turn, unnest(TRY_CAST(extra->'$.labelIds' AS VARCHAR[])) AS label_id
FROM 'out/inbox_conversations.parquet';

-- Conversations by label, and how many of them wait for the team.
SELECT coalesce(name, label_id) AS label, color, count(*) AS conversations, count_if(is_your_turn) AS your_turn
FROM labelled LEFT JOIN inbox_labels ON inbox_labels.id = label_id
GROUP BY label_id, name, color ORDER BY conversations DESC, label_id;

-- By label and user: all three tables.
SELECT coalesce(l.name, label_id) AS label, coalesce(u.name, user_id) AS user, count(*) AS conversations
FROM (SELECT label_id, unnest(list_transform(users, lambda u: u.user_id)) AS user_id FROM labelled)
LEFT JOIN inbox_labels AS l ON l.id = label_id
LEFT JOIN team_users AS u ON u.id = user_id
GROUP BY label_id, l.name, user_id, u.name ORDER BY label_id, conversations DESC, user_id;
