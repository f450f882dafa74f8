CREATE TABLE IF NOT EXISTS "team_users" (
    "id" VARCHAR NOT NULL,
    "name" VARCHAR,
    "email" VARCHAR,
    "role" VARCHAR,
    "team_id" VARCHAR,
    "extra" VARCHAR,
    "fetched_at" TIMESTAMP WITH TIME ZONE NOT NULL
);
COMMENT ON TABLE "team_users" IS 'One row per user of the team';
COMMENT ON COLUMN "team_users"."id" IS 'Id of the user (usr_…), unique in the table';
COMMENT ON COLUMN "team_users"."name" IS 'Name of the user; null when the API states only the id';
COMMENT ON COLUMN "team_users"."email" IS 'Email address of the user; null when the API states only the id';
COMMENT ON COLUMN "team_users"."role" IS 'Role of the user in the team; an open set';
COMMENT ON COLUMN "team_users"."team_id" IS 'Id of the team (tea_…), the same in all rows';
COMMENT ON COLUMN "team_users"."extra" IS 'What the API sent about the user and no column holds in full, as a JSON object; null when there is nothing';
COMMENT ON COLUMN "team_users"."fetched_at" IS 'When the answer with this row arrived, by the local clock';
