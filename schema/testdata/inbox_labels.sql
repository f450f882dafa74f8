CREATE TABLE IF NOT EXISTS "inbox_labels" (
    "id" VARCHAR NOT NULL,
    "name" VARCHAR,
    "color" VARCHAR,
    "created_at" TIMESTAMP WITH TIME ZONE,
    "created_by" VARCHAR,
    "extra" VARCHAR,
    "fetched_at" TIMESTAMP WITH TIME ZONE NOT NULL
);
COMMENT ON TABLE "inbox_labels" IS 'One row per label of the team inbox';
COMMENT ON COLUMN "inbox_labels"."id" IS 'Id of the label (lbl_…), unique in the table';
COMMENT ON COLUMN "inbox_labels"."name" IS 'Name of the label';
COMMENT ON COLUMN "inbox_labels"."color" IS 'Color of the label, #RRGGBB';
COMMENT ON COLUMN "inbox_labels"."created_at" IS 'When the label was created; null where the API does not say';
COMMENT ON COLUMN "inbox_labels"."created_by" IS 'Who created the label, as an email address; null where the API does not say';
COMMENT ON COLUMN "inbox_labels"."extra" IS 'What the API sent and no column holds in full, as a JSON object; null when there is nothing';
COMMENT ON COLUMN "inbox_labels"."fetched_at" IS 'When the answer with this row arrived, by the local clock';
