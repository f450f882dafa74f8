-- Open tasks; lemlist calls them opportunities.
--   duckdb -f examples/sql/open_opportunities.sql

-- Open and done tasks by type.
SELECT o.type, count_if(NOT o.done) AS open, count_if(o.done) AS done
FROM (SELECT unnest(opportunities) AS o FROM 'out/inbox_conversations.parquet')
GROUP BY ALL ORDER BY open DESC, o.type;

-- The conversations that wait for the team, those with the most open tasks first.
SELECT id, last_activity_at::DATE AS last_activity,
       list_sort(list_transform(list_filter(opportunities, lambda o: NOT o.done), lambda o: o.type)) AS open_tasks
FROM 'out/inbox_conversations.parquet'
WHERE is_your_turn AND len(list_filter(opportunities, lambda o: NOT o.done)) > 0
ORDER BY len(open_tasks) DESC, last_activity_at DESC, id LIMIT 10;
