{{ config(materialized='table') }}

-- Conversations and replies of each channel. A conversation with several channels counts in each.
select
    channel,
    count(*) as conversations,
    count(*) filter (have_replies) as replied
from (
    select unnest(channels) as channel, have_replies
    from {{ source('lemexport', 'inbox_conversations') }}
)
group by channel
