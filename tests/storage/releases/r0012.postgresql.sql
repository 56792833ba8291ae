CREATE TABLE public.assessments (
    nr bigint NOT NULL,
    lead_id text NOT NULL,
    actor text NOT NULL,
    at bigint NOT NULL,
    verdict text NOT NULL,
    basis text NOT NULL,
    classification text NOT NULL,
    media text NOT NULL,
    withdrawn_at bigint
);
CREATE SEQUENCE public.assessments_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.assessments_nr_seq OWNED BY public.assessments.nr;
CREATE TABLE public.audit_events (
    seq bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL
);
CREATE TABLE public.audit_head (
    id integer NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL,
    newest_at bigint,
    CONSTRAINT ck_audit_head_only_one CHECK ((id = 1))
);
CREATE TABLE public.feeds (
    name text NOT NULL,
    checkpoint text NOT NULL,
    pulled_at bigint,
    fault text NOT NULL,
    quarantined bigint NOT NULL
);
CREATE TABLE public.fingerprints (
    media_id text NOT NULL,
    format text NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    size bigint NOT NULL,
    md5 text,
    sha1 text,
    sha256 text,
    pdq bytea,
    pdq_quality integer NOT NULL,
    pdq_dihedral bytea,
    phash bytea,
    covers text,
    phash256 bytea
);
CREATE TABLE public.frames (
    media_id text NOT NULL,
    at_ms bigint NOT NULL,
    pdq_quality integer NOT NULL,
    pdq_dihedral bytea NOT NULL
);
CREATE TABLE public.hash_entries (
    entry_id bigint NOT NULL,
    list_id text NOT NULL,
    algorithm text NOT NULL,
    hash bytea NOT NULL,
    classification text NOT NULL,
    ref text NOT NULL,
    note text NOT NULL
);
CREATE SEQUENCE public.hash_entries_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hash_entries_entry_id_seq OWNED BY public.hash_entries.entry_id;
CREATE TABLE public.hash_lists (
    nr bigint NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    list_class text NOT NULL,
    classification text NOT NULL,
    authority text NOT NULL,
    entries bigint NOT NULL,
    imported_at bigint NOT NULL,
    activated_at bigint,
    retired_at bigint,
    agreement text DEFAULT ''::text NOT NULL,
    licence_ends text,
    radius integer,
    min_quality integer DEFAULT 50 NOT NULL,
    severity text DEFAULT 'normal'::text NOT NULL,
    columns text DEFAULT ''::text NOT NULL,
    held text DEFAULT ''::text NOT NULL,
    generation bigint DEFAULT '0'::bigint NOT NULL
);
CREATE SEQUENCE public.hash_lists_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hash_lists_nr_seq OWNED BY public.hash_lists.nr;
CREATE TABLE public.hash_matches (
    nr bigint NOT NULL,
    lead_id text NOT NULL,
    media_id text NOT NULL,
    list_id text NOT NULL,
    list_name text NOT NULL,
    list_version bigint NOT NULL,
    list_class text NOT NULL,
    entry_id bigint NOT NULL,
    algorithm text NOT NULL,
    distance integer NOT NULL,
    classification text NOT NULL,
    generation bigint NOT NULL,
    at_ms bigint,
    covers text,
    severity text DEFAULT 'normal'::text NOT NULL,
    withdrawn text
);
CREATE SEQUENCE public.hash_matches_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hash_matches_nr_seq OWNED BY public.hash_matches.nr;
CREATE TABLE public.hash_opinions (
    nr bigint NOT NULL,
    list_name text NOT NULL,
    algorithm text NOT NULL,
    hash bytea NOT NULL,
    opinion text NOT NULL,
    actor text NOT NULL,
    at bigint NOT NULL,
    lead_id text,
    list_id text,
    entry_id bigint
);
CREATE SEQUENCE public.hash_opinions_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hash_opinions_nr_seq OWNED BY public.hash_opinions.nr;
CREATE TABLE public.hosts (
    host_digest text NOT NULL,
    rests_until bigint,
    rests_because text NOT NULL,
    failures integer NOT NULL,
    last_start bigint,
    robots bytea,
    robots_at bigint,
    landmark text NOT NULL
);
CREATE TABLE public.instance (
    id integer NOT NULL,
    paused text NOT NULL,
    generation bigint NOT NULL,
    beat_at bigint,
    beat_fault text DEFAULT ''::text NOT NULL,
    mail_fault text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_instance_only_one CHECK ((id = 1))
);
CREATE TABLE public.kapear_schema (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.lead_contents (
    nr bigint NOT NULL,
    id text NOT NULL,
    lead_id text NOT NULL,
    post_id text,
    kind text NOT NULL,
    created_at bigint NOT NULL,
    actor text NOT NULL,
    ciphertext bytea NOT NULL
);
CREATE SEQUENCE public.lead_contents_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.lead_contents_nr_seq OWNED BY public.lead_contents.nr;
CREATE TABLE public.lead_posts (
    lead_id text NOT NULL,
    post_id text NOT NULL,
    capture text,
    looked_at bigint,
    gone_since bigint,
    taken_down_at bigint
);
CREATE TABLE public.lead_reasons (
    nr bigint NOT NULL,
    lead_id text NOT NULL,
    score text NOT NULL,
    rule text NOT NULL,
    version integer NOT NULL,
    points integer NOT NULL,
    pointer text NOT NULL
);
CREATE SEQUENCE public.lead_reasons_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.lead_reasons_nr_seq OWNED BY public.lead_reasons.nr;
CREATE TABLE public.lead_text_hits (
    nr bigint NOT NULL,
    lead_id text NOT NULL,
    post_id text NOT NULL,
    rule text NOT NULL,
    version integer NOT NULL,
    attribute text NOT NULL,
    start integer NOT NULL,
    "end" integer NOT NULL
);
CREATE SEQUENCE public.lead_text_hits_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.lead_text_hits_nr_seq OWNED BY public.lead_text_hits.nr;
CREATE TABLE public.leads (
    nr bigint NOT NULL,
    id text NOT NULL,
    lead_group text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    target_id text NOT NULL,
    platform text NOT NULL,
    urgency integer NOT NULL,
    value integer NOT NULL,
    posted_at bigint,
    seen_at bigint NOT NULL,
    filed_at bigint NOT NULL,
    posts integer NOT NULL,
    claimed_by text,
    claimed_at bigint,
    closed_as text,
    key_public bytea NOT NULL,
    key_wrapped bytea NOT NULL,
    appeared_at bigint,
    timing text DEFAULT 'undated'::text NOT NULL,
    first_claimed_at bigint
);
CREATE SEQUENCE public.leads_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.leads_nr_seq OWNED BY public.leads.nr;
CREATE TABLE public.mandate (
    id integer NOT NULL,
    authority text NOT NULL,
    document text NOT NULL,
    scope text NOT NULL,
    expires_at bigint NOT NULL,
    written_at bigint NOT NULL,
    recipients text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_mandate_only_one CHECK ((id = 1))
);
CREATE TABLE public.media (
    nr bigint NOT NULL,
    id text NOT NULL,
    post_id text NOT NULL,
    seq integer NOT NULL,
    identity text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    retry bytea,
    generation bigint NOT NULL,
    matched boolean NOT NULL
);
CREATE SEQUENCE public.media_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.media_nr_seq OWNED BY public.media.nr;
CREATE TABLE public.messages (
    kind text NOT NULL,
    subject text NOT NULL,
    since bigint NOT NULL,
    said_at bigint NOT NULL,
    ended_at bigint
);
CREATE TABLE public.organisation (
    id integer NOT NULL,
    name text NOT NULL,
    contact text NOT NULL,
    zone text NOT NULL,
    written_at bigint NOT NULL,
    CONSTRAINT ck_organisation_only_one CHECK ((id = 1))
);
CREATE TABLE public.outages (
    nr bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint
);
CREATE SEQUENCE public.outages_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outages_nr_seq OWNED BY public.outages.nr;
CREATE TABLE public.own_entries (
    nr bigint NOT NULL,
    algorithm text NOT NULL,
    hash bytea NOT NULL,
    classification text NOT NULL,
    lead_id text NOT NULL,
    added_at bigint NOT NULL,
    revoked_at bigint
);
CREATE SEQUENCE public.own_entries_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.own_entries_nr_seq OWNED BY public.own_entries.nr;
CREATE TABLE public.posts (
    nr bigint NOT NULL,
    id text NOT NULL,
    platform text NOT NULL,
    container text NOT NULL,
    post text NOT NULL,
    target_id text NOT NULL,
    first_seen bigint NOT NULL,
    seq integer NOT NULL,
    deleted_at bigint,
    album text
);
CREATE SEQUENCE public.posts_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.posts_nr_seq OWNED BY public.posts.nr;
CREATE TABLE public.prices (
    budget text NOT NULL,
    price double precision NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.referral_notes (
    nr bigint NOT NULL,
    id text NOT NULL,
    report_id text NOT NULL,
    kind text NOT NULL,
    created_at bigint NOT NULL,
    actor text NOT NULL,
    locator_digest text NOT NULL,
    key_public bytea NOT NULL,
    key_wrapped bytea NOT NULL,
    ciphertext bytea NOT NULL
);
CREATE SEQUENCE public.referral_notes_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.referral_notes_nr_seq OWNED BY public.referral_notes.nr;
CREATE TABLE public.remote_answers (
    service text NOT NULL,
    hash bytea NOT NULL,
    classification text NOT NULL,
    answered_at bigint NOT NULL
);
CREATE TABLE public.reports (
    id text NOT NULL,
    reference text NOT NULL,
    received_on text NOT NULL,
    via text NOT NULL,
    alleged bytea NOT NULL,
    created_at bigint NOT NULL,
    synthetic boolean NOT NULL
);
CREATE TABLE public.revisions (
    post_id text NOT NULL,
    seq integer NOT NULL,
    posted_at bigint,
    edited_at bigint,
    seen_at bigint NOT NULL,
    content_digest text NOT NULL
);
CREATE TABLE public.seen_days (
    day bigint NOT NULL,
    observations bigint NOT NULL,
    media bigint NOT NULL
);
CREATE SEQUENCE public.seen_days_day_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.seen_days_day_seq OWNED BY public.seen_days.day;
CREATE TABLE public.sessions (
    digest text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    local boolean NOT NULL,
    csrf text NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NOT NULL
);
CREATE TABLE public.sign_in_links (
    digest text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    local boolean NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.targets (
    id text NOT NULL,
    platform text NOT NULL,
    locator bytea NOT NULL,
    locator_digest text NOT NULL,
    report_id text NOT NULL,
    requested_by text NOT NULL,
    authorised_by text NOT NULL,
    basis bytea NOT NULL,
    status text NOT NULL,
    approved_by text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    backfill bigint,
    backfill_since text,
    cursor text,
    next_due bigint,
    last_visit_at bigint,
    last_outcome text,
    failures integer NOT NULL,
    synthetic boolean NOT NULL,
    token bigint NOT NULL,
    claimed boolean NOT NULL,
    recall bytea,
    depth integer DEFAULT 0 NOT NULL,
    robots_ignored text DEFAULT ''::text NOT NULL,
    plain_agent text DEFAULT ''::text NOT NULL,
    gone_since bigint,
    extends_to bigint,
    extension_by text,
    extension_reason bytea,
    decision text DEFAULT ''::text NOT NULL,
    budget text DEFAULT ''::text NOT NULL,
    pressure integer,
    pressing boolean DEFAULT true NOT NULL,
    approved_at bigint,
    unseen_since bigint,
    gaps bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.telegram_accounts (
    id text NOT NULL,
    label text NOT NULL,
    session bytea,
    created_at bigint NOT NULL,
    parked text NOT NULL,
    parked_at bigint
);
CREATE TABLE public.telegram_channels (
    account_id text NOT NULL,
    locator_digest text NOT NULL,
    channel bytea NOT NULL,
    pinned boolean NOT NULL,
    resolved_at bigint NOT NULL
);
CREATE TABLE public.telegram_cooldowns (
    account_id text NOT NULL,
    method text NOT NULL,
    noted_at bigint NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.users (
    id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint,
    token_digest text
);
CREATE TABLE public.visit_days (
    day bigint NOT NULL,
    platform text NOT NULL,
    outcome text NOT NULL,
    visits bigint NOT NULL,
    leads_filed bigint NOT NULL,
    requests bigint NOT NULL,
    bytes bigint NOT NULL,
    gaps bigint NOT NULL
);
CREATE TABLE public.visit_requests (
    nr bigint NOT NULL,
    id text NOT NULL,
    target_id text NOT NULL,
    requested_at bigint NOT NULL,
    visit_id text
);
CREATE SEQUENCE public.visit_requests_nr_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.visit_requests_nr_seq OWNED BY public.visit_requests.nr;
CREATE TABLE public.visits (
    id text NOT NULL,
    target_id text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    new_observations bigint NOT NULL,
    media_hashed bigint NOT NULL,
    matches bigint NOT NULL,
    leads_filed bigint NOT NULL,
    requests bigint NOT NULL,
    bytes bigint NOT NULL,
    suppressed bigint DEFAULT '0'::bigint NOT NULL,
    gaps bigint DEFAULT '0'::bigint NOT NULL
);
ALTER TABLE ONLY public.assessments ALTER COLUMN nr SET DEFAULT nextval('public.assessments_nr_seq'::regclass);
ALTER TABLE ONLY public.hash_entries ALTER COLUMN entry_id SET DEFAULT nextval('public.hash_entries_entry_id_seq'::regclass);
ALTER TABLE ONLY public.hash_lists ALTER COLUMN nr SET DEFAULT nextval('public.hash_lists_nr_seq'::regclass);
ALTER TABLE ONLY public.hash_matches ALTER COLUMN nr SET DEFAULT nextval('public.hash_matches_nr_seq'::regclass);
ALTER TABLE ONLY public.hash_opinions ALTER COLUMN nr SET DEFAULT nextval('public.hash_opinions_nr_seq'::regclass);
ALTER TABLE ONLY public.lead_contents ALTER COLUMN nr SET DEFAULT nextval('public.lead_contents_nr_seq'::regclass);
ALTER TABLE ONLY public.lead_reasons ALTER COLUMN nr SET DEFAULT nextval('public.lead_reasons_nr_seq'::regclass);
ALTER TABLE ONLY public.lead_text_hits ALTER COLUMN nr SET DEFAULT nextval('public.lead_text_hits_nr_seq'::regclass);
ALTER TABLE ONLY public.leads ALTER COLUMN nr SET DEFAULT nextval('public.leads_nr_seq'::regclass);
ALTER TABLE ONLY public.media ALTER COLUMN nr SET DEFAULT nextval('public.media_nr_seq'::regclass);
ALTER TABLE ONLY public.outages ALTER COLUMN nr SET DEFAULT nextval('public.outages_nr_seq'::regclass);
ALTER TABLE ONLY public.own_entries ALTER COLUMN nr SET DEFAULT nextval('public.own_entries_nr_seq'::regclass);
ALTER TABLE ONLY public.posts ALTER COLUMN nr SET DEFAULT nextval('public.posts_nr_seq'::regclass);
ALTER TABLE ONLY public.referral_notes ALTER COLUMN nr SET DEFAULT nextval('public.referral_notes_nr_seq'::regclass);
ALTER TABLE ONLY public.seen_days ALTER COLUMN day SET DEFAULT nextval('public.seen_days_day_seq'::regclass);
ALTER TABLE ONLY public.visit_requests ALTER COLUMN nr SET DEFAULT nextval('public.visit_requests_nr_seq'::regclass);
INSERT INTO public.assessments (nr, lead_id, actor, at, verdict, basis, classification, media, withdrawn_at) VALUES (1, 'id of kite 1', 'actor of kite 1', 1772600767000001, 'illegal', 'gone', 'classification of kite 1', 'media of kite 1', 1772600767000001);
INSERT INTO public.assessments (nr, lead_id, actor, at, verdict, basis, classification, media, withdrawn_at) VALUES (2, 'id of kite 2', 'actor of kite 2', 1772600767000002, 'not-illegal', 'text-only', 'classification of kite 2', 'media of kite 2', NULL);
INSERT INTO public.audit_events (seq, at, actor, action, subject, details, previous, hash) VALUES (1, 1772600761000000, 'amber', 'instance.initialised', '', '{"host_key":"0000000000000000","hotline_key":"kite"}', '0000000000000000000000000000000000000000000000000000000000000000', '87d54353122289ebe48dc591d271b3e601d6a11cd1cd130347eb29d54dd259b5');
INSERT INTO public.audit_events (seq, at, actor, action, subject, details, previous, hash) VALUES (2, 1772600762000000, 'amber', 'report.added', '', '{"reference":"IHC-1"}', '87d54353122289ebe48dc591d271b3e601d6a11cd1cd130347eb29d54dd259b5', 'b79ac2da61a8c972c3455be9bf94edd91a1d8ccdfe38b7522b4dce0e67fcaa9c');
INSERT INTO public.audit_events (seq, at, actor, action, subject, details, previous, hash) VALUES (3, 1772600763000000, 'amber', 'kite.flown', '', '{"colour":"blue","times":2}', 'b79ac2da61a8c972c3455be9bf94edd91a1d8ccdfe38b7522b4dce0e67fcaa9c', '339c3822fb862529aa648a4e06b2db58f88ed7502cc39cb4b5829587baab06e4');
INSERT INTO public.audit_head (id, seq, hash, newest_at) VALUES (1, 3, '339c3822fb862529aa648a4e06b2db58f88ed7502cc39cb4b5829587baab06e4', 1772600763000000);
INSERT INTO public.feeds (name, checkpoint, pulled_at, fault, quarantined) VALUES ('name of kite 1', '', 1772600767000001, 'fault of kite 1', 1);
INSERT INTO public.feeds (name, checkpoint, pulled_at, fault, quarantined) VALUES ('name of kite 2', '', NULL, 'fault of kite 2', 2);
INSERT INTO public.fingerprints (media_id, format, width, height, size, md5, sha1, sha256, pdq, pdq_quality, pdq_dihedral, phash, covers, phash256) VALUES ('id of kite 1', 'format of kite 1', 1, 1, 1, 'md5 of kite 1', 'sha1 of kite 1', 'sha256 of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', 1, '\x01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101', '\x0101010101010101', 'thumbnail', '\x0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO public.fingerprints (media_id, format, width, height, size, md5, sha1, sha256, pdq, pdq_quality, pdq_dihedral, phash, covers, phash256) VALUES ('id of kite 2', 'format of kite 2', 2, 2, 2, NULL, NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL);
INSERT INTO public.frames (media_id, at_ms, pdq_quality, pdq_dihedral) VALUES ('id of kite 1', 1, 1, '\x01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO public.frames (media_id, at_ms, pdq_quality, pdq_dihedral) VALUES ('id of kite 2', 2, 2, '\x02020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202');
INSERT INTO public.hash_entries (entry_id, list_id, algorithm, hash, classification, ref, note) VALUES (1, 'id of kite 1', 'pdq', '\x0101010101010101010101010101010101010101010101010101010101010101', 'classification of kite 1', 'ref of kite 1', 'note of kite 1');
INSERT INTO public.hash_entries (entry_id, list_id, algorithm, hash, classification, ref, note) VALUES (2, 'id of kite 2', 'phash', '\x0202020202020202020202020202020202020202020202020202020202020202', 'classification of kite 2', 'ref of kite 2', 'note of kite 2');
INSERT INTO public.hash_lists (nr, id, name, version, list_class, classification, authority, entries, imported_at, activated_at, retired_at, agreement, licence_ends, radius, min_quality, severity, columns, held, generation) VALUES (1, 'id of kite 1', 'name of kite 1', 1, 'adult-ncii', 'classification of kite 1', 'authority of kite 1', 1, 1772600767000001, 1772600767000001, 1772600767000001, 'agreement of kite 1', '2026-03-01', 1, 1, 'low', '', 'held of kite 1', 1);
INSERT INTO public.hash_lists (nr, id, name, version, list_class, classification, authority, entries, imported_at, activated_at, retired_at, agreement, licence_ends, radius, min_quality, severity, columns, held, generation) VALUES (2, 'id of kite 2', 'name of kite 2', 2, 'negative', 'classification of kite 2', 'authority of kite 2', 2, 1772600767000002, NULL, NULL, 'agreement of kite 2', NULL, NULL, 2, 'normal', '', 'held of kite 2', 2);
INSERT INTO public.hash_matches (nr, lead_id, media_id, list_id, list_name, list_version, list_class, entry_id, algorithm, distance, classification, generation, at_ms, covers, severity, withdrawn) VALUES (1, 'id of kite 1', 'id of kite 1', 'list id of kite 1', 'list name of kite 1', 1, 'adult-ncii', 1, 'pdq', 1, 'classification of kite 1', 1, 1, 'thumbnail', 'low', 'entry_gone');
INSERT INTO public.hash_matches (nr, lead_id, media_id, list_id, list_name, list_version, list_class, entry_id, algorithm, distance, classification, generation, at_ms, covers, severity, withdrawn) VALUES (2, 'id of kite 2', 'id of kite 2', 'list id of kite 2', 'list name of kite 2', 2, 'negative', 2, 'phash', 2, 'classification of kite 2', 2, NULL, NULL, 'normal', NULL);
INSERT INTO public.hash_opinions (nr, list_name, algorithm, hash, opinion, actor, at, lead_id, list_id, entry_id) VALUES (1, 'list name of kite 1', 'pdq', '\x0101010101010101010101010101010101010101010101010101010101010101', 'disabled', 'actor of kite 1', 1772600767000001, 'lead id of kite 1', 'list id of kite 1', 1);
INSERT INTO public.hash_opinions (nr, list_name, algorithm, hash, opinion, actor, at, lead_id, list_id, entry_id) VALUES (2, 'list name of kite 2', 'phash', '\x0202020202020202020202020202020202020202020202020202020202020202', 'disputed', 'actor of kite 2', 1772600767000002, NULL, NULL, NULL);
INSERT INTO public.hosts (host_digest, rests_until, rests_because, failures, last_start, robots, robots_at, landmark) VALUES ('host digest of kite 1', 1772600767000001, 'rests because of kite 1', 1, 1, '\x0101010101010101010101010101010101010101010101010101010101010101', 1772600767000001, 'landmark of kite 1');
INSERT INTO public.hosts (host_digest, rests_until, rests_because, failures, last_start, robots, robots_at, landmark) VALUES ('host digest of kite 2', NULL, 'rests because of kite 2', 2, NULL, NULL, NULL, 'landmark of kite 2');
INSERT INTO public.instance (id, paused, generation, beat_at, beat_fault, mail_fault) VALUES (1, 'paused of kite 1', 1, 1772600767000001, 'beat fault of kite 1', 'mail fault of kite 1');
INSERT INTO public.kapear_schema (version_num) VALUES ('0012');
INSERT INTO public.lead_contents (nr, id, lead_id, post_id, kind, created_at, actor, ciphertext) VALUES (1, 'id of kite 1', 'id of kite 1', 'id of kite 1', 'kind of kite 1', 1772600767000001, 'actor of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO public.lead_contents (nr, id, lead_id, post_id, kind, created_at, actor, ciphertext) VALUES (2, 'id of kite 2', 'id of kite 2', NULL, 'kind of kite 2', 1772600767000002, 'actor of kite 2', '\x0202020202020202020202020202020202020202020202020202020202020202');
INSERT INTO public.lead_posts (lead_id, post_id, capture, looked_at, gone_since, taken_down_at) VALUES ('id of kite 1', 'id of kite 1', 'gone', 1772600767000001, 1772600767000001, 1772600767000001);
INSERT INTO public.lead_posts (lead_id, post_id, capture, looked_at, gone_since, taken_down_at) VALUES ('id of kite 2', 'id of kite 2', NULL, NULL, NULL, NULL);
INSERT INTO public.lead_reasons (nr, lead_id, score, rule, version, points, pointer) VALUES (1, 'id of kite 1', 'value', 'later_match', 1, 1, 'pointer of kite 1');
INSERT INTO public.lead_reasons (nr, lead_id, score, rule, version, points, pointer) VALUES (2, 'id of kite 2', 'urgency', 'match_withdrawn', 2, 2, 'pointer of kite 2');
INSERT INTO public.lead_text_hits (nr, lead_id, post_id, rule, version, attribute, start, "end") VALUES (1, 'id of kite 1', 'id of kite 1', 'rule of kite 1', 1, 'location', 1, 1);
INSERT INTO public.lead_text_hits (nr, lead_id, post_id, rule, version, attribute, start, "end") VALUES (2, 'id of kite 2', 'id of kite 2', 'rule of kite 2', 2, 'payment', 2, 2);
INSERT INTO public.leads (nr, id, lead_group, kind, status, target_id, platform, urgency, value, posted_at, seen_at, filed_at, posts, claimed_by, claimed_at, closed_as, key_public, key_wrapped, appeared_at, timing, first_claimed_at) VALUES (1, 'id of kite 1', 'lead group of kite 1', 'text', 'claimed', 'id of kite 1', 'discourse', 1, 1, 1772600767000001, 1772600767000001, 1772600767000001, 1, 'claimed by of kite 1', 1772600767000001, 'expired', '\x0101010101010101010101010101010101010101010101010101010101010101', '\x0101010101010101010101010101010101010101010101010101010101010101', 1772600767000001, 'lists', 1772600767000001);
INSERT INTO public.leads (nr, id, lead_group, kind, status, target_id, platform, urgency, value, posted_at, seen_at, filed_at, posts, claimed_by, claimed_at, closed_as, key_public, key_wrapped, appeared_at, timing, first_claimed_at) VALUES (2, 'id of kite 2', 'lead group of kite 2', 'hash', 'closed', 'id of kite 2', 'facebook', 2, 2, NULL, 1772600767000002, 1772600767000002, 2, NULL, NULL, NULL, '\x0202020202020202020202020202020202020202020202020202020202020202', '\x0202020202020202020202020202020202020202020202020202020202020202', NULL, 'undated', NULL);
INSERT INTO public.mandate (id, authority, document, scope, expires_at, written_at, recipients) VALUES (1, 'authority of kite 1', 'document of kite 1', 'media-hash', 1772600767000001, 1772600767000001, 'arachnid');
INSERT INTO public.media (nr, id, post_id, seq, identity, status, reason, attempts, retry, generation, matched) VALUES (1, 'id of kite 1', 'id of kite 1', 1, 'identity of kite 1', 'low_quality', 'reason of kite 1', 1, '\x0101010101010101010101010101010101010101010101010101010101010101', 1, true);
INSERT INTO public.media (nr, id, post_id, seq, identity, status, reason, attempts, retry, generation, matched) VALUES (2, 'id of kite 2', 'id of kite 2', 2, 'identity of kite 2', 'not_authorised', 'reason of kite 2', 2, NULL, 2, false);
INSERT INTO public.messages (kind, subject, since, said_at, ended_at) VALUES ('daily', 'subject of kite 1', 1772600767000001, 1772600767000001, 1772600767000001);
INSERT INTO public.messages (kind, subject, since, said_at, ended_at) VALUES ('disk_nearly_full', 'subject of kite 2', 1772600767000002, 1772600767000002, NULL);
INSERT INTO public.organisation (id, name, contact, zone, written_at) VALUES (1, 'name of kite 1', 'contact of kite 1', 'zone of kite 1', 1772600767000001);
INSERT INTO public.outages (nr, started_at, ended_at) VALUES (1, 1772600767000001, 1772600767000001);
INSERT INTO public.outages (nr, started_at, ended_at) VALUES (2, 1772600767000002, NULL);
INSERT INTO public.own_entries (nr, algorithm, hash, classification, lead_id, added_at, revoked_at) VALUES (1, 'pdq', '\x0101010101010101010101010101010101010101010101010101010101010101', 'classification of kite 1', 'id of kite 1', 1772600767000001, 1772600767000001);
INSERT INTO public.own_entries (nr, algorithm, hash, classification, lead_id, added_at, revoked_at) VALUES (2, 'phash', '\x0202020202020202020202020202020202020202020202020202020202020202', 'classification of kite 2', 'id of kite 2', 1772600767000002, NULL);
INSERT INTO public.posts (nr, id, platform, container, post, target_id, first_seen, seq, deleted_at, album) VALUES (1, 'id of kite 1', 'discourse', 'container of kite 1', 'post of kite 1', 'id of kite 1', 1772600767000001, 1, 1772600767000001, 'album of kite 1');
INSERT INTO public.posts (nr, id, platform, container, post, target_id, first_seen, seq, deleted_at, album) VALUES (2, 'id of kite 2', 'facebook', 'container of kite 2', 'post of kite 2', 'id of kite 2', 1772600767000002, 2, NULL, NULL);
INSERT INTO public.prices (budget, price, at) VALUES ('budget of kite 1', 1.5, 1772600767000001);
INSERT INTO public.prices (budget, price, at) VALUES ('budget of kite 2', 2.5, 1772600767000002);
INSERT INTO public.referral_notes (nr, id, report_id, kind, created_at, actor, locator_digest, key_public, key_wrapped, ciphertext) VALUES (1, 'id of kite 1', 'id of kite 1', 'file_host', 1772600767000001, 'actor of kite 1', 'locator digest of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', '\x0101010101010101010101010101010101010101010101010101010101010101', '\x0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO public.referral_notes (nr, id, report_id, kind, created_at, actor, locator_digest, key_public, key_wrapped, ciphertext) VALUES (2, 'id of kite 2', 'id of kite 2', 'hidden_service', 1772600767000002, 'actor of kite 2', 'locator digest of kite 2', '\x0202020202020202020202020202020202020202020202020202020202020202', '\x0202020202020202020202020202020202020202020202020202020202020202', '\x0202020202020202020202020202020202020202020202020202020202020202');
INSERT INTO public.remote_answers (service, hash, classification, answered_at) VALUES ('service of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', 'classification of kite 1', 1772600767000001);
INSERT INTO public.remote_answers (service, hash, classification, answered_at) VALUES ('service of kite 2', '\x0202020202020202020202020202020202020202020202020202020202020202', 'classification of kite 2', 1772600767000002);
INSERT INTO public.reports (id, reference, received_on, via, alleged, created_at, synthetic) VALUES ('id of kite 1', 'reference of kite 1', '2026-03-01', 'partner', '\x0101010101010101010101010101010101010101010101010101010101010101', 1772600767000001, true);
INSERT INTO public.reports (id, reference, received_on, via, alleged, created_at, synthetic) VALUES ('id of kite 2', 'reference of kite 2', '2026-03-02', 'phone', '\x0202020202020202020202020202020202020202020202020202020202020202', 1772600767000002, false);
INSERT INTO public.revisions (post_id, seq, posted_at, edited_at, seen_at, content_digest) VALUES ('id of kite 1', 1, 1772600767000001, 1772600767000001, 1772600767000001, 'content digest of kite 1');
INSERT INTO public.revisions (post_id, seq, posted_at, edited_at, seen_at, content_digest) VALUES ('id of kite 2', 2, NULL, NULL, 1772600767000002, 'content digest of kite 2');
INSERT INTO public.seen_days (day, observations, media) VALUES (1772600767000001, 1, 1);
INSERT INTO public.seen_days (day, observations, media) VALUES (1772600767000002, 2, 2);
INSERT INTO public.sessions (digest, name, role, local, csrf, expires_at, used_at) VALUES ('digest of kite 1', 'name of kite 1', 'analyst', true, 'csrf of kite 1', 1772600767000001, 1772600767000001);
INSERT INTO public.sessions (digest, name, role, local, csrf, expires_at, used_at) VALUES ('digest of kite 2', 'name of kite 2', 'auditor', false, 'csrf of kite 2', 1772600767000002, 1772600767000002);
INSERT INTO public.sign_in_links (digest, name, role, local, expires_at) VALUES ('digest of kite 1', 'name of kite 1', 'analyst', true, 1772600767000001);
INSERT INTO public.sign_in_links (digest, name, role, local, expires_at) VALUES ('digest of kite 2', 'name of kite 2', 'auditor', false, 1772600767000002);
INSERT INTO public.targets (id, platform, locator, locator_digest, report_id, requested_by, authorised_by, basis, status, approved_by, created_at, expires_at, backfill, backfill_since, cursor, next_due, last_visit_at, last_outcome, failures, synthetic, token, claimed, recall, depth, robots_ignored, plain_agent, gone_since, extends_to, extension_by, extension_reason, decision, budget, pressure, pressing, approved_at, unseen_since, gaps) VALUES ('id of kite 1', 'discourse', '\x0101010101010101010101010101010101010101010101010101010101010101', 'locator digest of kite 1', 'id of kite 1', 'requested by of kite 1', 'authorised by of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', 'awaiting_approval', 'approved by of kite 1', 1772600767000001, 1772600767000001, 1, '2026-03-01', 'cursor of kite 1', 1772600767000001, 1772600767000001, 'gone', 1, true, 1, true, '\x0101010101010101010101010101010101010101010101010101010101010101', 1, 'robots ignored of kite 1', 'plain agent of kite 1', 1772600767000001, 1772600767000001, 'extension by of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', '', 'budget of kite 1', 1, true, 1772600767000001, 1772600767000001, 1);
INSERT INTO public.targets (id, platform, locator, locator_digest, report_id, requested_by, authorised_by, basis, status, approved_by, created_at, expires_at, backfill, backfill_since, cursor, next_due, last_visit_at, last_outcome, failures, synthetic, token, claimed, recall, depth, robots_ignored, plain_agent, gone_since, extends_to, extension_by, extension_reason, decision, budget, pressure, pressing, approved_at, unseen_since, gaps) VALUES ('id of kite 2', 'facebook', '\x0202020202020202020202020202020202020202020202020202020202020202', 'locator digest of kite 2', 'id of kite 2', 'requested by of kite 2', 'authorised by of kite 2', '\x0202020202020202020202020202020202020202020202020202020202020202', 'expired', NULL, 1772600767000002, 1772600767000002, NULL, NULL, NULL, NULL, NULL, NULL, 2, false, 2, false, NULL, 2, 'robots ignored of kite 2', 'plain agent of kite 2', NULL, NULL, NULL, NULL, '', 'budget of kite 2', NULL, false, NULL, NULL, 2);
INSERT INTO public.telegram_accounts (id, label, session, created_at, parked, parked_at) VALUES ('id of kite 1', 'label of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', 1772600767000001, 'parked of kite 1', 1772600767000001);
INSERT INTO public.telegram_accounts (id, label, session, created_at, parked, parked_at) VALUES ('id of kite 2', 'label of kite 2', NULL, 1772600767000002, 'parked of kite 2', NULL);
INSERT INTO public.telegram_channels (account_id, locator_digest, channel, pinned, resolved_at) VALUES ('account id of kite 1', 'locator digest of kite 1', '\x0101010101010101010101010101010101010101010101010101010101010101', true, 1772600767000001);
INSERT INTO public.telegram_channels (account_id, locator_digest, channel, pinned, resolved_at) VALUES ('account id of kite 2', 'locator digest of kite 2', '\x0202020202020202020202020202020202020202020202020202020202020202', false, 1772600767000002);
INSERT INTO public.telegram_cooldowns (account_id, method, noted_at, until) VALUES ('account id of kite 1', 'method of kite 1', 1772600767000001, 1772600767000001);
INSERT INTO public.telegram_cooldowns (account_id, method, noted_at, until) VALUES ('account id of kite 2', 'method of kite 2', 1772600767000002, 1772600767000002);
INSERT INTO public.users (id, name, role, created_at, disabled_at, token_digest) VALUES ('id of kite 1', 'name of kite 1', 'analyst', 1772600767000001, 1772600767000001, 'token digest of kite 1');
INSERT INTO public.users (id, name, role, created_at, disabled_at, token_digest) VALUES ('id of kite 2', 'name of kite 2', 'auditor', 1772600767000002, NULL, NULL);
INSERT INTO public.visit_days (day, platform, outcome, visits, leads_filed, requests, bytes, gaps) VALUES (1772600767000001, 'discourse', 'gone', 1, 1, 1, 1, 1);
INSERT INTO public.visit_days (day, platform, outcome, visits, leads_filed, requests, bytes, gaps) VALUES (1772600767000002, 'facebook', 'limited', 2, 2, 2, 2, 2);
INSERT INTO public.visit_requests (nr, id, target_id, requested_at, visit_id) VALUES (1, 'id of kite 1', 'id of kite 1', 1772600767000001, 'id of kite 1');
INSERT INTO public.visit_requests (nr, id, target_id, requested_at, visit_id) VALUES (2, 'id of kite 2', 'id of kite 2', 1772600767000002, NULL);
INSERT INTO public.visits (id, target_id, started_at, ended_at, outcome, code, new_observations, media_hashed, matches, leads_filed, requests, bytes, suppressed, gaps) VALUES ('id of kite 1', 'id of kite 1', 1772600767000001, 1772600767000001, 'gone', 'code of kite 1', 1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO public.visits (id, target_id, started_at, ended_at, outcome, code, new_observations, media_hashed, matches, leads_filed, requests, bytes, suppressed, gaps) VALUES ('id of kite 2', 'id of kite 2', 1772600767000002, 1772600767000002, 'limited', 'code of kite 2', 2, 2, 2, 2, 2, 2, 2, 2);
SELECT pg_catalog.setval('public.assessments_nr_seq', 1, false);
SELECT pg_catalog.setval('public.hash_entries_entry_id_seq', 1, false);
SELECT pg_catalog.setval('public.hash_lists_nr_seq', 1, false);
SELECT pg_catalog.setval('public.hash_matches_nr_seq', 1, false);
SELECT pg_catalog.setval('public.hash_opinions_nr_seq', 1, false);
SELECT pg_catalog.setval('public.lead_contents_nr_seq', 1, false);
SELECT pg_catalog.setval('public.lead_reasons_nr_seq', 1, false);
SELECT pg_catalog.setval('public.lead_text_hits_nr_seq', 1, false);
SELECT pg_catalog.setval('public.leads_nr_seq', 1, false);
SELECT pg_catalog.setval('public.media_nr_seq', 1, false);
SELECT pg_catalog.setval('public.outages_nr_seq', 1, false);
SELECT pg_catalog.setval('public.own_entries_nr_seq', 1, false);
SELECT pg_catalog.setval('public.posts_nr_seq', 1, false);
SELECT pg_catalog.setval('public.referral_notes_nr_seq', 1, false);
SELECT pg_catalog.setval('public.seen_days_day_seq', 1, false);
SELECT pg_catalog.setval('public.visit_requests_nr_seq', 1, false);
ALTER TABLE ONLY public.kapear_schema
    ADD CONSTRAINT kapear_schema_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.assessments
    ADD CONSTRAINT pk_assessments PRIMARY KEY (nr);
ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT pk_audit_events PRIMARY KEY (seq);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT pk_audit_head PRIMARY KEY (id);
ALTER TABLE ONLY public.feeds
    ADD CONSTRAINT pk_feeds PRIMARY KEY (name);
ALTER TABLE ONLY public.fingerprints
    ADD CONSTRAINT pk_fingerprints PRIMARY KEY (media_id);
ALTER TABLE ONLY public.frames
    ADD CONSTRAINT pk_frames PRIMARY KEY (media_id, at_ms);
ALTER TABLE ONLY public.hash_entries
    ADD CONSTRAINT pk_hash_entries PRIMARY KEY (entry_id);
ALTER TABLE ONLY public.hash_lists
    ADD CONSTRAINT pk_hash_lists PRIMARY KEY (nr);
ALTER TABLE ONLY public.hash_matches
    ADD CONSTRAINT pk_hash_matches PRIMARY KEY (nr);
ALTER TABLE ONLY public.hash_opinions
    ADD CONSTRAINT pk_hash_opinions PRIMARY KEY (nr);
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT pk_hosts PRIMARY KEY (host_digest);
ALTER TABLE ONLY public.instance
    ADD CONSTRAINT pk_instance PRIMARY KEY (id);
ALTER TABLE ONLY public.lead_contents
    ADD CONSTRAINT pk_lead_contents PRIMARY KEY (nr);
ALTER TABLE ONLY public.lead_posts
    ADD CONSTRAINT pk_lead_posts PRIMARY KEY (lead_id, post_id);
ALTER TABLE ONLY public.lead_reasons
    ADD CONSTRAINT pk_lead_reasons PRIMARY KEY (nr);
ALTER TABLE ONLY public.lead_text_hits
    ADD CONSTRAINT pk_lead_text_hits PRIMARY KEY (nr);
ALTER TABLE ONLY public.leads
    ADD CONSTRAINT pk_leads PRIMARY KEY (nr);
ALTER TABLE ONLY public.mandate
    ADD CONSTRAINT pk_mandate PRIMARY KEY (id);
ALTER TABLE ONLY public.media
    ADD CONSTRAINT pk_media PRIMARY KEY (nr);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT pk_messages PRIMARY KEY (kind, subject);
ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT pk_organisation PRIMARY KEY (id);
ALTER TABLE ONLY public.outages
    ADD CONSTRAINT pk_outages PRIMARY KEY (nr);
ALTER TABLE ONLY public.own_entries
    ADD CONSTRAINT pk_own_entries PRIMARY KEY (nr);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT pk_posts PRIMARY KEY (nr);
ALTER TABLE ONLY public.prices
    ADD CONSTRAINT pk_prices PRIMARY KEY (budget);
ALTER TABLE ONLY public.referral_notes
    ADD CONSTRAINT pk_referral_notes PRIMARY KEY (nr);
ALTER TABLE ONLY public.remote_answers
    ADD CONSTRAINT pk_remote_answers PRIMARY KEY (service, hash);
ALTER TABLE ONLY public.reports
    ADD CONSTRAINT pk_reports PRIMARY KEY (id);
ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT pk_revisions PRIMARY KEY (post_id, seq);
ALTER TABLE ONLY public.seen_days
    ADD CONSTRAINT pk_seen_days PRIMARY KEY (day);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (digest);
ALTER TABLE ONLY public.sign_in_links
    ADD CONSTRAINT pk_sign_in_links PRIMARY KEY (digest);
ALTER TABLE ONLY public.targets
    ADD CONSTRAINT pk_targets PRIMARY KEY (id);
ALTER TABLE ONLY public.telegram_accounts
    ADD CONSTRAINT pk_telegram_accounts PRIMARY KEY (id);
ALTER TABLE ONLY public.telegram_channels
    ADD CONSTRAINT pk_telegram_channels PRIMARY KEY (account_id, locator_digest);
ALTER TABLE ONLY public.telegram_cooldowns
    ADD CONSTRAINT pk_telegram_cooldowns PRIMARY KEY (account_id, method);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);
ALTER TABLE ONLY public.visit_days
    ADD CONSTRAINT pk_visit_days PRIMARY KEY (day, platform, outcome);
ALTER TABLE ONLY public.visit_requests
    ADD CONSTRAINT pk_visit_requests PRIMARY KEY (nr);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT pk_visits PRIMARY KEY (id);
ALTER TABLE ONLY public.hash_lists
    ADD CONSTRAINT uq_hash_lists_id UNIQUE (id);
ALTER TABLE ONLY public.hash_lists
    ADD CONSTRAINT uq_hash_lists_name_version UNIQUE (name, version);
ALTER TABLE ONLY public.hash_matches
    ADD CONSTRAINT uq_hash_matches_once UNIQUE (lead_id, media_id, list_id, algorithm);
ALTER TABLE ONLY public.hash_opinions
    ADD CONSTRAINT uq_hash_opinions_once UNIQUE (list_name, algorithm, hash, opinion, actor);
ALTER TABLE ONLY public.lead_contents
    ADD CONSTRAINT uq_lead_contents_id UNIQUE (id);
ALTER TABLE ONLY public.lead_reasons
    ADD CONSTRAINT uq_lead_reasons_lead_id_rule_pointer UNIQUE (lead_id, rule, pointer);
ALTER TABLE ONLY public.lead_text_hits
    ADD CONSTRAINT uq_lead_text_hits_place UNIQUE (lead_id, post_id, rule, version, start, "end");
ALTER TABLE ONLY public.leads
    ADD CONSTRAINT uq_leads_id UNIQUE (id);
ALTER TABLE ONLY public.leads
    ADD CONSTRAINT uq_leads_lead_group UNIQUE (lead_group);
ALTER TABLE ONLY public.media
    ADD CONSTRAINT uq_media_id UNIQUE (id);
ALTER TABLE ONLY public.media
    ADD CONSTRAINT uq_media_post_id_identity UNIQUE (post_id, identity);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT uq_posts_id UNIQUE (id);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT uq_posts_platform_container_post UNIQUE (platform, container, post);
ALTER TABLE ONLY public.referral_notes
    ADD CONSTRAINT uq_referral_notes_id UNIQUE (id);
ALTER TABLE ONLY public.referral_notes
    ADD CONSTRAINT uq_referral_notes_locator_digest UNIQUE (locator_digest);
ALTER TABLE ONLY public.reports
    ADD CONSTRAINT uq_reports_reference UNIQUE (reference);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT uq_users_name UNIQUE (name);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT uq_users_token_digest UNIQUE (token_digest);
ALTER TABLE ONLY public.visit_requests
    ADD CONSTRAINT uq_visit_requests_id UNIQUE (id);
CREATE INDEX ix_assessments_lead_id_actor ON public.assessments USING btree (lead_id, actor);
CREATE INDEX ix_hash_entries_list_id ON public.hash_entries USING btree (list_id);
CREATE INDEX ix_hash_matches_media_id ON public.hash_matches USING btree (media_id);
CREATE INDEX ix_lead_contents_lead_id ON public.lead_contents USING btree (lead_id);
CREATE INDEX ix_lead_contents_post_id ON public.lead_contents USING btree (post_id);
CREATE INDEX ix_lead_posts_awaited ON public.lead_posts USING btree (post_id) WHERE (capture = 'awaited'::text);
CREATE INDEX ix_lead_posts_post_id ON public.lead_posts USING btree (post_id);
CREATE INDEX ix_lead_text_hits_post_id ON public.lead_text_hits USING btree (post_id);
CREATE INDEX ix_leads_filed_at ON public.leads USING btree (filed_at);
CREATE INDEX ix_leads_open ON public.leads USING btree (target_id) WHERE (status <> 'closed'::text);
CREATE INDEX ix_leads_status ON public.leads USING btree (status);
CREATE INDEX ix_leads_target_id_filed_at ON public.leads USING btree (target_id, filed_at);
CREATE INDEX ix_media_generation ON public.media USING btree (generation);
CREATE INDEX ix_media_pending ON public.media USING btree (post_id) WHERE (status = 'pending'::text);
CREATE INDEX ix_own_entries_lead_id ON public.own_entries USING btree (lead_id);
CREATE INDEX ix_posts_target_id ON public.posts USING btree (target_id);
CREATE INDEX ix_referral_notes_report_id ON public.referral_notes USING btree (report_id);
CREATE INDEX ix_remote_answers_answered_at ON public.remote_answers USING btree (answered_at);
CREATE INDEX ix_revisions_seen_at ON public.revisions USING btree (seen_at);
CREATE INDEX ix_targets_due ON public.targets USING btree (next_due) WHERE ((status = 'active'::text) AND (NOT claimed));
CREATE INDEX ix_targets_pressing ON public.targets USING btree (next_due) WHERE ((status = 'active'::text) AND (NOT claimed) AND pressing);
CREATE INDEX ix_targets_pressure ON public.targets USING btree (budget, pressure) WHERE (status = 'active'::text);
CREATE INDEX ix_telegram_channels_locator_digest ON public.telegram_channels USING btree (locator_digest);
CREATE INDEX ix_visit_requests_target_id ON public.visit_requests USING btree (target_id);
CREATE INDEX ix_visit_requests_visit_id ON public.visit_requests USING btree (visit_id);
CREATE INDEX ix_visits_started_at ON public.visits USING btree (started_at);
CREATE INDEX ix_visits_target_id_started_at ON public.visits USING btree (target_id, started_at);
CREATE UNIQUE INDEX uq_targets_living ON public.targets USING btree (locator_digest) WHERE (status <> ALL (ARRAY['retired'::text, 'expired'::text]));
CREATE UNIQUE INDEX uq_telegram_channels_pinned ON public.telegram_channels USING btree (locator_digest) WHERE pinned;
ALTER TABLE ONLY public.assessments
    ADD CONSTRAINT fk_assessments_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.fingerprints
    ADD CONSTRAINT fk_fingerprints_media_id FOREIGN KEY (media_id) REFERENCES public.media(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.frames
    ADD CONSTRAINT fk_frames_media_id FOREIGN KEY (media_id) REFERENCES public.media(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.hash_entries
    ADD CONSTRAINT fk_hash_entries_list_id FOREIGN KEY (list_id) REFERENCES public.hash_lists(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.hash_matches
    ADD CONSTRAINT fk_hash_matches_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.hash_matches
    ADD CONSTRAINT fk_hash_matches_media_id FOREIGN KEY (media_id) REFERENCES public.media(id);
ALTER TABLE ONLY public.lead_contents
    ADD CONSTRAINT fk_lead_contents_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.lead_contents
    ADD CONSTRAINT fk_lead_contents_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id);
ALTER TABLE ONLY public.lead_posts
    ADD CONSTRAINT fk_lead_posts_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.lead_posts
    ADD CONSTRAINT fk_lead_posts_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id);
ALTER TABLE ONLY public.lead_reasons
    ADD CONSTRAINT fk_lead_reasons_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.lead_text_hits
    ADD CONSTRAINT fk_lead_text_hits_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.lead_text_hits
    ADD CONSTRAINT fk_lead_text_hits_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id);
ALTER TABLE ONLY public.leads
    ADD CONSTRAINT fk_leads_target_id FOREIGN KEY (target_id) REFERENCES public.targets(id);
ALTER TABLE ONLY public.media
    ADD CONSTRAINT fk_media_post_id_seq FOREIGN KEY (post_id, seq) REFERENCES public.revisions(post_id, seq) ON DELETE CASCADE;
ALTER TABLE ONLY public.own_entries
    ADD CONSTRAINT fk_own_entries_lead_id FOREIGN KEY (lead_id) REFERENCES public.leads(id);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT fk_posts_target_id FOREIGN KEY (target_id) REFERENCES public.targets(id);
ALTER TABLE ONLY public.referral_notes
    ADD CONSTRAINT fk_referral_notes_report_id FOREIGN KEY (report_id) REFERENCES public.reports(id);
ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT fk_revisions_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.targets
    ADD CONSTRAINT fk_targets_report_id FOREIGN KEY (report_id) REFERENCES public.reports(id);
ALTER TABLE ONLY public.visit_requests
    ADD CONSTRAINT fk_visit_requests_target_id FOREIGN KEY (target_id) REFERENCES public.targets(id);
ALTER TABLE ONLY public.visit_requests
    ADD CONSTRAINT fk_visit_requests_visit_id FOREIGN KEY (visit_id) REFERENCES public.visits(id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT fk_visits_target_id FOREIGN KEY (target_id) REFERENCES public.targets(id);
