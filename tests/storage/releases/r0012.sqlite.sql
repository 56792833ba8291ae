BEGIN TRANSACTION;
CREATE TABLE assessments (
	nr INTEGER NOT NULL, 
	lead_id TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	verdict TEXT NOT NULL, 
	basis TEXT NOT NULL, 
	classification TEXT NOT NULL, 
	media TEXT NOT NULL, 
	withdrawn_at BIGINT, 
	CONSTRAINT pk_assessments PRIMARY KEY (nr), 
	CONSTRAINT fk_assessments_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id)
);
INSERT INTO "assessments" VALUES(1,'id of kite 1','actor of kite 1',1772600767000001,'illegal','gone','classification of kite 1','media of kite 1',1772600767000001);
INSERT INTO "assessments" VALUES(2,'id of kite 2','actor of kite 2',1772600767000002,'not-illegal','text-only','classification of kite 2','media of kite 2',NULL);
CREATE TABLE audit_events (
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	details TEXT NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_audit_events PRIMARY KEY (seq)
);
INSERT INTO "audit_events" VALUES(1,1772600761000000,'amber','instance.initialised','','{"host_key":"0000000000000000","hotline_key":"kite"}','0000000000000000000000000000000000000000000000000000000000000000','87d54353122289ebe48dc591d271b3e601d6a11cd1cd130347eb29d54dd259b5');
INSERT INTO "audit_events" VALUES(2,1772600762000000,'amber','report.added','','{"reference":"IHC-1"}','87d54353122289ebe48dc591d271b3e601d6a11cd1cd130347eb29d54dd259b5','b79ac2da61a8c972c3455be9bf94edd91a1d8ccdfe38b7522b4dce0e67fcaa9c');
INSERT INTO "audit_events" VALUES(3,1772600763000000,'amber','kite.flown','','{"colour":"blue","times":2}','b79ac2da61a8c972c3455be9bf94edd91a1d8ccdfe38b7522b4dce0e67fcaa9c','339c3822fb862529aa648a4e06b2db58f88ed7502cc39cb4b5829587baab06e4');
CREATE TABLE audit_head (
	id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	hash TEXT NOT NULL, newest_at BIGINT, 
	CONSTRAINT pk_audit_head PRIMARY KEY (id), 
	CONSTRAINT ck_audit_head_only_one CHECK (id = 1)
);
INSERT INTO "audit_head" VALUES(1,3,'339c3822fb862529aa648a4e06b2db58f88ed7502cc39cb4b5829587baab06e4',1772600763000000);
CREATE TABLE feeds (
	name TEXT NOT NULL, 
	checkpoint TEXT NOT NULL, 
	pulled_at BIGINT, 
	fault TEXT NOT NULL, 
	quarantined BIGINT NOT NULL, 
	CONSTRAINT pk_feeds PRIMARY KEY (name)
);
INSERT INTO "feeds" VALUES('name of kite 1','',1772600767000001,'fault of kite 1',1);
INSERT INTO "feeds" VALUES('name of kite 2','',NULL,'fault of kite 2',2);
CREATE TABLE fingerprints (
	media_id TEXT NOT NULL, 
	format TEXT NOT NULL, 
	width BIGINT NOT NULL, 
	height BIGINT NOT NULL, 
	size BIGINT NOT NULL, 
	md5 TEXT, 
	sha1 TEXT, 
	sha256 TEXT, 
	pdq BLOB, 
	pdq_quality INTEGER NOT NULL, 
	pdq_dihedral BLOB, 
	phash BLOB, covers TEXT, phash256 BLOB, 
	CONSTRAINT pk_fingerprints PRIMARY KEY (media_id), 
	CONSTRAINT fk_fingerprints_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE
);
INSERT INTO "fingerprints" VALUES('id of kite 1','format of kite 1',1,1,1,'md5 of kite 1','sha1 of kite 1','sha256 of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101',1,X'01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101',X'0101010101010101','thumbnail',X'0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO "fingerprints" VALUES('id of kite 2','format of kite 2',2,2,2,NULL,NULL,NULL,NULL,2,NULL,NULL,NULL,NULL);
CREATE TABLE frames (
	media_id TEXT NOT NULL, 
	at_ms BIGINT NOT NULL, 
	pdq_quality INTEGER NOT NULL, 
	pdq_dihedral BLOB NOT NULL, 
	CONSTRAINT pk_frames PRIMARY KEY (media_id, at_ms), 
	CONSTRAINT fk_frames_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE
);
INSERT INTO "frames" VALUES('id of kite 1',1,1,X'01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO "frames" VALUES('id of kite 2',2,2,X'02020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202');
CREATE TABLE hash_entries (
	entry_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	list_id TEXT NOT NULL, 
	algorithm TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	classification TEXT NOT NULL, 
	ref TEXT NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT fk_hash_entries_list_id FOREIGN KEY(list_id) REFERENCES hash_lists (id) ON DELETE CASCADE
);
INSERT INTO "hash_entries" VALUES(1,'id of kite 1','pdq',X'0101010101010101010101010101010101010101010101010101010101010101','classification of kite 1','ref of kite 1','note of kite 1');
INSERT INTO "hash_entries" VALUES(2,'id of kite 2','phash',X'0202020202020202020202020202020202020202020202020202020202020202','classification of kite 2','ref of kite 2','note of kite 2');
CREATE TABLE hash_lists (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	list_class TEXT NOT NULL, 
	classification TEXT NOT NULL, 
	authority TEXT NOT NULL, 
	entries BIGINT NOT NULL, 
	imported_at BIGINT NOT NULL, 
	activated_at BIGINT, 
	retired_at BIGINT, agreement TEXT DEFAULT '' NOT NULL, licence_ends TEXT, radius INTEGER, min_quality INTEGER DEFAULT '50' NOT NULL, severity TEXT DEFAULT 'normal' NOT NULL, columns TEXT DEFAULT '' NOT NULL, held TEXT DEFAULT '' NOT NULL, generation BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_hash_lists PRIMARY KEY (nr), 
	CONSTRAINT uq_hash_lists_id UNIQUE (id), 
	CONSTRAINT uq_hash_lists_name_version UNIQUE (name, version)
);
INSERT INTO "hash_lists" VALUES(1,'id of kite 1','name of kite 1',1,'adult-ncii','classification of kite 1','authority of kite 1',1,1772600767000001,1772600767000001,1772600767000001,'agreement of kite 1','2026-03-01',1,1,'low','','held of kite 1',1);
INSERT INTO "hash_lists" VALUES(2,'id of kite 2','name of kite 2',2,'negative','classification of kite 2','authority of kite 2',2,1772600767000002,NULL,NULL,'agreement of kite 2',NULL,NULL,2,'normal','','held of kite 2',2);
CREATE TABLE hash_matches (
	nr INTEGER NOT NULL, 
	lead_id TEXT NOT NULL, 
	media_id TEXT NOT NULL, 
	list_id TEXT NOT NULL, 
	list_name TEXT NOT NULL, 
	list_version BIGINT NOT NULL, 
	list_class TEXT NOT NULL, 
	entry_id BIGINT NOT NULL, 
	algorithm TEXT NOT NULL, 
	distance INTEGER NOT NULL, 
	classification TEXT NOT NULL, 
	generation BIGINT NOT NULL, at_ms BIGINT, covers TEXT, severity TEXT DEFAULT 'normal' NOT NULL, withdrawn TEXT, 
	CONSTRAINT pk_hash_matches PRIMARY KEY (nr), 
	CONSTRAINT uq_hash_matches_once UNIQUE (lead_id, media_id, list_id, algorithm), 
	CONSTRAINT fk_hash_matches_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id), 
	CONSTRAINT fk_hash_matches_media_id FOREIGN KEY(media_id) REFERENCES media (id)
);
INSERT INTO "hash_matches" VALUES(1,'id of kite 1','id of kite 1','list id of kite 1','list name of kite 1',1,'adult-ncii',1,'pdq',1,'classification of kite 1',1,1,'thumbnail','low','entry_gone');
INSERT INTO "hash_matches" VALUES(2,'id of kite 2','id of kite 2','list id of kite 2','list name of kite 2',2,'negative',2,'phash',2,'classification of kite 2',2,NULL,NULL,'normal',NULL);
CREATE TABLE hash_opinions (
	nr INTEGER NOT NULL, 
	list_name TEXT NOT NULL, 
	algorithm TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	opinion TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	at BIGINT NOT NULL, lead_id TEXT, list_id TEXT, entry_id BIGINT, 
	CONSTRAINT pk_hash_opinions PRIMARY KEY (nr), 
	CONSTRAINT uq_hash_opinions_once UNIQUE (list_name, algorithm, hash, opinion, actor)
);
INSERT INTO "hash_opinions" VALUES(1,'list name of kite 1','pdq',X'0101010101010101010101010101010101010101010101010101010101010101','disabled','actor of kite 1',1772600767000001,'lead id of kite 1','list id of kite 1',1);
INSERT INTO "hash_opinions" VALUES(2,'list name of kite 2','phash',X'0202020202020202020202020202020202020202020202020202020202020202','disputed','actor of kite 2',1772600767000002,NULL,NULL,NULL);
CREATE TABLE hosts (
	host_digest TEXT NOT NULL, 
	rests_until BIGINT, 
	rests_because TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	last_start BIGINT, 
	robots BLOB, 
	robots_at BIGINT, 
	landmark TEXT NOT NULL, 
	CONSTRAINT pk_hosts PRIMARY KEY (host_digest)
);
INSERT INTO "hosts" VALUES('host digest of kite 1',1772600767000001,'rests because of kite 1',1,1,X'0101010101010101010101010101010101010101010101010101010101010101',1772600767000001,'landmark of kite 1');
INSERT INTO "hosts" VALUES('host digest of kite 2',NULL,'rests because of kite 2',2,NULL,NULL,NULL,'landmark of kite 2');
CREATE TABLE instance (
	id INTEGER NOT NULL, 
	paused TEXT NOT NULL, 
	generation BIGINT NOT NULL, beat_at BIGINT, beat_fault TEXT DEFAULT '' NOT NULL, mail_fault TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_instance PRIMARY KEY (id), 
	CONSTRAINT ck_instance_only_one CHECK (id = 1)
);
INSERT INTO "instance" VALUES(1,'paused of kite 1',1,1772600767000001,'beat fault of kite 1','mail fault of kite 1');
CREATE TABLE kapear_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT kapear_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "kapear_schema" VALUES('0012');
CREATE TABLE lead_contents (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	lead_id TEXT NOT NULL, 
	post_id TEXT, 
	kind TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	ciphertext BLOB NOT NULL, 
	CONSTRAINT pk_lead_contents PRIMARY KEY (nr), 
	CONSTRAINT uq_lead_contents_id UNIQUE (id), 
	CONSTRAINT fk_lead_contents_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id), 
	CONSTRAINT fk_lead_contents_post_id FOREIGN KEY(post_id) REFERENCES posts (id)
);
INSERT INTO "lead_contents" VALUES(1,'id of kite 1','id of kite 1','id of kite 1','kind of kite 1',1772600767000001,'actor of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO "lead_contents" VALUES(2,'id of kite 2','id of kite 2',NULL,'kind of kite 2',1772600767000002,'actor of kite 2',X'0202020202020202020202020202020202020202020202020202020202020202');
CREATE TABLE lead_posts (
	lead_id TEXT NOT NULL, 
	post_id TEXT NOT NULL, capture TEXT, looked_at BIGINT, gone_since BIGINT, taken_down_at BIGINT, 
	CONSTRAINT pk_lead_posts PRIMARY KEY (lead_id, post_id), 
	CONSTRAINT fk_lead_posts_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id), 
	CONSTRAINT fk_lead_posts_post_id FOREIGN KEY(post_id) REFERENCES posts (id)
);
INSERT INTO "lead_posts" VALUES('id of kite 1','id of kite 1','gone',1772600767000001,1772600767000001,1772600767000001);
INSERT INTO "lead_posts" VALUES('id of kite 2','id of kite 2',NULL,NULL,NULL,NULL);
CREATE TABLE lead_reasons (
	nr INTEGER NOT NULL, 
	lead_id TEXT NOT NULL, 
	score TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	points INTEGER NOT NULL, 
	pointer TEXT NOT NULL, 
	CONSTRAINT pk_lead_reasons PRIMARY KEY (nr), 
	CONSTRAINT uq_lead_reasons_lead_id_rule_pointer UNIQUE (lead_id, rule, pointer), 
	CONSTRAINT fk_lead_reasons_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id)
);
INSERT INTO "lead_reasons" VALUES(1,'id of kite 1','value','later_match',1,1,'pointer of kite 1');
INSERT INTO "lead_reasons" VALUES(2,'id of kite 2','urgency','match_withdrawn',2,2,'pointer of kite 2');
CREATE TABLE lead_text_hits (
	nr INTEGER NOT NULL, 
	lead_id TEXT NOT NULL, 
	post_id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	attribute TEXT NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	CONSTRAINT pk_lead_text_hits PRIMARY KEY (nr), 
	CONSTRAINT uq_lead_text_hits_place UNIQUE (lead_id, post_id, rule, version, start, "end"), 
	CONSTRAINT fk_lead_text_hits_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id), 
	CONSTRAINT fk_lead_text_hits_post_id FOREIGN KEY(post_id) REFERENCES posts (id)
);
INSERT INTO "lead_text_hits" VALUES(1,'id of kite 1','id of kite 1','rule of kite 1',1,'location',1,1);
INSERT INTO "lead_text_hits" VALUES(2,'id of kite 2','id of kite 2','rule of kite 2',2,'payment',2,2);
CREATE TABLE leads (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	lead_group TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	status TEXT NOT NULL, 
	target_id TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	urgency INTEGER NOT NULL, 
	value INTEGER NOT NULL, 
	posted_at BIGINT, 
	seen_at BIGINT NOT NULL, 
	filed_at BIGINT NOT NULL, 
	posts INTEGER NOT NULL, 
	claimed_by TEXT, 
	claimed_at BIGINT, 
	closed_as TEXT, 
	key_public BLOB NOT NULL, 
	key_wrapped BLOB NOT NULL, appeared_at BIGINT, timing TEXT DEFAULT 'undated' NOT NULL, first_claimed_at BIGINT, 
	CONSTRAINT pk_leads PRIMARY KEY (nr), 
	CONSTRAINT uq_leads_id UNIQUE (id), 
	CONSTRAINT uq_leads_lead_group UNIQUE (lead_group), 
	CONSTRAINT fk_leads_target_id FOREIGN KEY(target_id) REFERENCES targets (id)
);
INSERT INTO "leads" VALUES(1,'id of kite 1','lead group of kite 1','text','claimed','id of kite 1','discourse',1,1,1772600767000001,1772600767000001,1772600767000001,1,'claimed by of kite 1',1772600767000001,'expired',X'0101010101010101010101010101010101010101010101010101010101010101',X'0101010101010101010101010101010101010101010101010101010101010101',1772600767000001,'lists',1772600767000001);
INSERT INTO "leads" VALUES(2,'id of kite 2','lead group of kite 2','hash','closed','id of kite 2','facebook',2,2,NULL,1772600767000002,1772600767000002,2,NULL,NULL,NULL,X'0202020202020202020202020202020202020202020202020202020202020202',X'0202020202020202020202020202020202020202020202020202020202020202',NULL,'undated',NULL);
CREATE TABLE mandate (
	id INTEGER NOT NULL, 
	authority TEXT NOT NULL, 
	document TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, recipients TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_mandate PRIMARY KEY (id), 
	CONSTRAINT ck_mandate_only_one CHECK (id = 1)
);
INSERT INTO "mandate" VALUES(1,'authority of kite 1','document of kite 1','media-hash',1772600767000001,1772600767000001,'arachnid');
CREATE TABLE media (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	post_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	identity TEXT NOT NULL, 
	status TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	retry BLOB, 
	generation BIGINT NOT NULL, 
	matched BOOLEAN NOT NULL, 
	CONSTRAINT pk_media PRIMARY KEY (nr), 
	CONSTRAINT uq_media_id UNIQUE (id), 
	CONSTRAINT uq_media_post_id_identity UNIQUE (post_id, identity), 
	CONSTRAINT fk_media_post_id_seq FOREIGN KEY(post_id, seq) REFERENCES revisions (post_id, seq) ON DELETE CASCADE
);
INSERT INTO "media" VALUES(1,'id of kite 1','id of kite 1',1,'identity of kite 1','low_quality','reason of kite 1',1,X'0101010101010101010101010101010101010101010101010101010101010101',1,1);
INSERT INTO "media" VALUES(2,'id of kite 2','id of kite 2',2,'identity of kite 2','not_authorised','reason of kite 2',2,NULL,2,0);
CREATE TABLE messages (
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	said_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	CONSTRAINT pk_messages PRIMARY KEY (kind, subject)
);
INSERT INTO "messages" VALUES('daily','subject of kite 1',1772600767000001,1772600767000001,1772600767000001);
INSERT INTO "messages" VALUES('disk_nearly_full','subject of kite 2',1772600767000002,1772600767000002,NULL);
CREATE TABLE organisation (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	contact TEXT NOT NULL, 
	zone TEXT NOT NULL, 
	written_at BIGINT NOT NULL, 
	CONSTRAINT pk_organisation PRIMARY KEY (id), 
	CONSTRAINT ck_organisation_only_one CHECK (id = 1)
);
INSERT INTO "organisation" VALUES(1,'name of kite 1','contact of kite 1','zone of kite 1',1772600767000001);
CREATE TABLE outages (
	nr INTEGER NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	CONSTRAINT pk_outages PRIMARY KEY (nr)
);
INSERT INTO "outages" VALUES(1,1772600767000001,1772600767000001);
INSERT INTO "outages" VALUES(2,1772600767000002,NULL);
CREATE TABLE own_entries (
	nr INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	algorithm TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	classification TEXT NOT NULL, 
	lead_id TEXT NOT NULL, 
	added_at BIGINT NOT NULL, 
	revoked_at BIGINT, 
	CONSTRAINT fk_own_entries_lead_id FOREIGN KEY(lead_id) REFERENCES leads (id)
);
INSERT INTO "own_entries" VALUES(1,'pdq',X'0101010101010101010101010101010101010101010101010101010101010101','classification of kite 1','id of kite 1',1772600767000001,1772600767000001);
INSERT INTO "own_entries" VALUES(2,'phash',X'0202020202020202020202020202020202020202020202020202020202020202','classification of kite 2','id of kite 2',1772600767000002,NULL);
CREATE TABLE posts (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	container TEXT NOT NULL, 
	post TEXT NOT NULL, 
	target_id TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	seq INTEGER NOT NULL, 
	deleted_at BIGINT, album TEXT, 
	CONSTRAINT pk_posts PRIMARY KEY (nr), 
	CONSTRAINT uq_posts_id UNIQUE (id), 
	CONSTRAINT uq_posts_platform_container_post UNIQUE (platform, container, post), 
	CONSTRAINT fk_posts_target_id FOREIGN KEY(target_id) REFERENCES targets (id)
);
INSERT INTO "posts" VALUES(1,'id of kite 1','discourse','container of kite 1','post of kite 1','id of kite 1',1772600767000001,1,1772600767000001,'album of kite 1');
INSERT INTO "posts" VALUES(2,'id of kite 2','facebook','container of kite 2','post of kite 2','id of kite 2',1772600767000002,2,NULL,NULL);
CREATE TABLE prices (
	budget TEXT NOT NULL, 
	price FLOAT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_prices PRIMARY KEY (budget)
);
INSERT INTO "prices" VALUES('budget of kite 1',1.5,1772600767000001);
INSERT INTO "prices" VALUES('budget of kite 2',2.5,1772600767000002);
CREATE TABLE referral_notes (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	report_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	locator_digest TEXT NOT NULL, 
	key_public BLOB NOT NULL, 
	key_wrapped BLOB NOT NULL, 
	ciphertext BLOB NOT NULL, 
	CONSTRAINT pk_referral_notes PRIMARY KEY (nr), 
	CONSTRAINT fk_referral_notes_report_id FOREIGN KEY(report_id) REFERENCES reports (id), 
	CONSTRAINT uq_referral_notes_id UNIQUE (id), 
	CONSTRAINT uq_referral_notes_locator_digest UNIQUE (locator_digest)
);
INSERT INTO "referral_notes" VALUES(1,'id of kite 1','id of kite 1','file_host',1772600767000001,'actor of kite 1','locator digest of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101',X'0101010101010101010101010101010101010101010101010101010101010101',X'0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO "referral_notes" VALUES(2,'id of kite 2','id of kite 2','hidden_service',1772600767000002,'actor of kite 2','locator digest of kite 2',X'0202020202020202020202020202020202020202020202020202020202020202',X'0202020202020202020202020202020202020202020202020202020202020202',X'0202020202020202020202020202020202020202020202020202020202020202');
CREATE TABLE remote_answers (
	service TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	classification TEXT NOT NULL, 
	answered_at BIGINT NOT NULL, 
	CONSTRAINT pk_remote_answers PRIMARY KEY (service, hash)
);
INSERT INTO "remote_answers" VALUES('service of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101','classification of kite 1',1772600767000001);
INSERT INTO "remote_answers" VALUES('service of kite 2',X'0202020202020202020202020202020202020202020202020202020202020202','classification of kite 2',1772600767000002);
CREATE TABLE reports (
	id TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	received_on TEXT NOT NULL, 
	via TEXT NOT NULL, 
	alleged BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	synthetic BOOLEAN NOT NULL, 
	CONSTRAINT pk_reports PRIMARY KEY (id), 
	CONSTRAINT uq_reports_reference UNIQUE (reference)
);
INSERT INTO "reports" VALUES('id of kite 1','reference of kite 1','2026-03-01','partner',X'0101010101010101010101010101010101010101010101010101010101010101',1772600767000001,1);
INSERT INTO "reports" VALUES('id of kite 2','reference of kite 2','2026-03-02','phone',X'0202020202020202020202020202020202020202020202020202020202020202',1772600767000002,0);
CREATE TABLE revisions (
	post_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	posted_at BIGINT, 
	edited_at BIGINT, 
	seen_at BIGINT NOT NULL, 
	content_digest TEXT NOT NULL, 
	CONSTRAINT pk_revisions PRIMARY KEY (post_id, seq), 
	CONSTRAINT fk_revisions_post_id FOREIGN KEY(post_id) REFERENCES posts (id) ON DELETE CASCADE
);
INSERT INTO "revisions" VALUES('id of kite 1',1,1772600767000001,1772600767000001,1772600767000001,'content digest of kite 1');
INSERT INTO "revisions" VALUES('id of kite 2',2,NULL,NULL,1772600767000002,'content digest of kite 2');
CREATE TABLE seen_days (
	day BIGINT NOT NULL, 
	observations BIGINT NOT NULL, 
	media BIGINT NOT NULL, 
	CONSTRAINT pk_seen_days PRIMARY KEY (day)
);
INSERT INTO "seen_days" VALUES(1772600767000001,1,1);
INSERT INTO "seen_days" VALUES(1772600767000002,2,2);
CREATE TABLE sessions (
	digest TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	local BOOLEAN NOT NULL, 
	csrf TEXT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	used_at BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (digest)
);
INSERT INTO "sessions" VALUES('digest of kite 1','name of kite 1','analyst',1,'csrf of kite 1',1772600767000001,1772600767000001);
INSERT INTO "sessions" VALUES('digest of kite 2','name of kite 2','auditor',0,'csrf of kite 2',1772600767000002,1772600767000002);
CREATE TABLE sign_in_links (
	digest TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	local BOOLEAN NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_sign_in_links PRIMARY KEY (digest)
);
INSERT INTO "sign_in_links" VALUES('digest of kite 1','name of kite 1','analyst',1,1772600767000001);
INSERT INTO "sign_in_links" VALUES('digest of kite 2','name of kite 2','auditor',0,1772600767000002);
CREATE TABLE targets (
	id TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	locator BLOB NOT NULL, 
	locator_digest TEXT NOT NULL, 
	report_id TEXT NOT NULL, 
	requested_by TEXT NOT NULL, 
	authorised_by TEXT NOT NULL, 
	basis BLOB NOT NULL, 
	status TEXT NOT NULL, 
	approved_by TEXT, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	backfill BIGINT, 
	backfill_since TEXT, 
	cursor TEXT, 
	next_due BIGINT, 
	last_visit_at BIGINT, 
	last_outcome TEXT, 
	failures INTEGER NOT NULL, 
	synthetic BOOLEAN NOT NULL, 
	token BIGINT NOT NULL, 
	claimed BOOLEAN NOT NULL, recall BLOB, depth INTEGER DEFAULT '0' NOT NULL, robots_ignored TEXT DEFAULT '' NOT NULL, plain_agent TEXT DEFAULT '' NOT NULL, gone_since BIGINT, extends_to BIGINT, extension_by TEXT, extension_reason BLOB, decision TEXT DEFAULT '' NOT NULL, budget TEXT DEFAULT '' NOT NULL, pressure INTEGER, pressing BOOLEAN DEFAULT 1 NOT NULL, approved_at BIGINT, unseen_since BIGINT, gaps BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_targets PRIMARY KEY (id), 
	CONSTRAINT fk_targets_report_id FOREIGN KEY(report_id) REFERENCES reports (id)
);
INSERT INTO "targets" VALUES('id of kite 1','discourse',X'0101010101010101010101010101010101010101010101010101010101010101','locator digest of kite 1','id of kite 1','requested by of kite 1','authorised by of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101','awaiting_approval','approved by of kite 1',1772600767000001,1772600767000001,1,'2026-03-01','cursor of kite 1',1772600767000001,1772600767000001,'gone',1,1,1,1,X'0101010101010101010101010101010101010101010101010101010101010101',1,'robots ignored of kite 1','plain agent of kite 1',1772600767000001,1772600767000001,'extension by of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101','','budget of kite 1',1,1,1772600767000001,1772600767000001,1);
INSERT INTO "targets" VALUES('id of kite 2','facebook',X'0202020202020202020202020202020202020202020202020202020202020202','locator digest of kite 2','id of kite 2','requested by of kite 2','authorised by of kite 2',X'0202020202020202020202020202020202020202020202020202020202020202','expired',NULL,1772600767000002,1772600767000002,NULL,NULL,NULL,NULL,NULL,NULL,2,0,2,0,NULL,2,'robots ignored of kite 2','plain agent of kite 2',NULL,NULL,NULL,NULL,'','budget of kite 2',NULL,0,NULL,NULL,2);
CREATE TABLE telegram_accounts (
	id TEXT NOT NULL, 
	label TEXT NOT NULL, 
	session BLOB, 
	created_at BIGINT NOT NULL, 
	parked TEXT NOT NULL, 
	parked_at BIGINT, 
	CONSTRAINT pk_telegram_accounts PRIMARY KEY (id)
);
INSERT INTO "telegram_accounts" VALUES('id of kite 1','label of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101',1772600767000001,'parked of kite 1',1772600767000001);
INSERT INTO "telegram_accounts" VALUES('id of kite 2','label of kite 2',NULL,1772600767000002,'parked of kite 2',NULL);
CREATE TABLE telegram_channels (
	account_id TEXT NOT NULL, 
	locator_digest TEXT NOT NULL, 
	channel BLOB NOT NULL, 
	pinned BOOLEAN NOT NULL, 
	resolved_at BIGINT NOT NULL, 
	CONSTRAINT pk_telegram_channels PRIMARY KEY (account_id, locator_digest)
);
INSERT INTO "telegram_channels" VALUES('account id of kite 1','locator digest of kite 1',X'0101010101010101010101010101010101010101010101010101010101010101',1,1772600767000001);
INSERT INTO "telegram_channels" VALUES('account id of kite 2','locator digest of kite 2',X'0202020202020202020202020202020202020202020202020202020202020202',0,1772600767000002);
CREATE TABLE telegram_cooldowns (
	account_id TEXT NOT NULL, 
	method TEXT NOT NULL, 
	noted_at BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_telegram_cooldowns PRIMARY KEY (account_id, method)
);
INSERT INTO "telegram_cooldowns" VALUES('account id of kite 1','method of kite 1',1772600767000001,1772600767000001);
INSERT INTO "telegram_cooldowns" VALUES('account id of kite 2','method of kite 2',1772600767000002,1772600767000002);
CREATE TABLE users (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	disabled_at BIGINT, 
	token_digest TEXT, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_name UNIQUE (name), 
	CONSTRAINT uq_users_token_digest UNIQUE (token_digest)
);
INSERT INTO "users" VALUES('id of kite 1','name of kite 1','analyst',1772600767000001,1772600767000001,'token digest of kite 1');
INSERT INTO "users" VALUES('id of kite 2','name of kite 2','auditor',1772600767000002,NULL,NULL);
CREATE TABLE visit_days (
	day BIGINT NOT NULL, 
	platform TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	visits BIGINT NOT NULL, 
	leads_filed BIGINT NOT NULL, 
	requests BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	gaps BIGINT NOT NULL, 
	CONSTRAINT pk_visit_days PRIMARY KEY (day, platform, outcome)
);
INSERT INTO "visit_days" VALUES(1772600767000001,'discourse','gone',1,1,1,1,1);
INSERT INTO "visit_days" VALUES(1772600767000002,'facebook','limited',2,2,2,2,2);
CREATE TABLE visit_requests (
	nr INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	target_id TEXT NOT NULL, 
	requested_at BIGINT NOT NULL, 
	visit_id TEXT, 
	CONSTRAINT pk_visit_requests PRIMARY KEY (nr), 
	CONSTRAINT uq_visit_requests_id UNIQUE (id), 
	CONSTRAINT fk_visit_requests_target_id FOREIGN KEY(target_id) REFERENCES targets (id), 
	CONSTRAINT fk_visit_requests_visit_id FOREIGN KEY(visit_id) REFERENCES visits (id)
);
INSERT INTO "visit_requests" VALUES(1,'id of kite 1','id of kite 1',1772600767000001,'id of kite 1');
INSERT INTO "visit_requests" VALUES(2,'id of kite 2','id of kite 2',1772600767000002,NULL);
CREATE TABLE visits (
	id TEXT NOT NULL, 
	target_id TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	code TEXT NOT NULL, 
	new_observations BIGINT NOT NULL, 
	media_hashed BIGINT NOT NULL, 
	matches BIGINT NOT NULL, 
	leads_filed BIGINT NOT NULL, 
	requests BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, suppressed BIGINT DEFAULT '0' NOT NULL, gaps BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_visits PRIMARY KEY (id), 
	CONSTRAINT fk_visits_target_id FOREIGN KEY(target_id) REFERENCES targets (id)
);
INSERT INTO "visits" VALUES('id of kite 1','id of kite 1',1772600767000001,1772600767000001,'gone','code of kite 1',1,1,1,1,1,1,1,1);
INSERT INTO "visits" VALUES('id of kite 2','id of kite 2',1772600767000002,1772600767000002,'limited','code of kite 2',2,2,2,2,2,2,2,2);
CREATE INDEX ix_targets_due ON targets (next_due) WHERE status = 'active' AND NOT claimed;
CREATE UNIQUE INDEX uq_targets_living ON targets (locator_digest) WHERE status NOT IN ('retired', 'expired');
CREATE INDEX ix_visits_started_at ON visits (started_at);
CREATE INDEX ix_visits_target_id_started_at ON visits (target_id, started_at);
CREATE INDEX ix_visit_requests_target_id ON visit_requests (target_id);
CREATE INDEX ix_posts_target_id ON posts (target_id);
CREATE INDEX ix_revisions_seen_at ON revisions (seen_at);
CREATE INDEX ix_media_pending ON media (post_id) WHERE status = 'pending';
CREATE INDEX ix_hash_entries_list_id ON hash_entries (list_id);
CREATE INDEX ix_leads_status ON leads (status);
CREATE INDEX ix_leads_target_id_filed_at ON leads (target_id, filed_at);
CREATE INDEX ix_lead_posts_post_id ON lead_posts (post_id);
CREATE INDEX ix_lead_text_hits_post_id ON lead_text_hits (post_id);
CREATE INDEX ix_hash_matches_media_id ON hash_matches (media_id);
CREATE INDEX ix_lead_contents_lead_id ON lead_contents (lead_id);
CREATE INDEX ix_lead_contents_post_id ON lead_contents (post_id);
CREATE INDEX ix_telegram_channels_locator_digest ON telegram_channels (locator_digest);
CREATE UNIQUE INDEX uq_telegram_channels_pinned ON telegram_channels (locator_digest) WHERE pinned;
CREATE INDEX ix_lead_posts_awaited ON lead_posts (post_id) WHERE capture = 'awaited';
CREATE INDEX ix_media_generation ON media (generation);
CREATE INDEX ix_own_entries_lead_id ON own_entries (lead_id);
CREATE INDEX ix_assessments_lead_id_actor ON assessments (lead_id, actor);
CREATE INDEX ix_remote_answers_answered_at ON remote_answers (answered_at);
CREATE INDEX ix_referral_notes_report_id ON referral_notes (report_id);
CREATE INDEX ix_targets_pressing ON targets (next_due) WHERE status = 'active' AND NOT claimed AND pressing;
CREATE INDEX ix_targets_pressure ON targets (budget, pressure) WHERE status = 'active';
CREATE INDEX ix_leads_open ON leads (target_id) WHERE status <> 'closed';
CREATE INDEX ix_leads_filed_at ON leads (filed_at);
CREATE INDEX ix_visit_requests_visit_id ON visit_requests (visit_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('hash_entries',2);
INSERT INTO "sqlite_sequence" VALUES('own_entries',2);
COMMIT;
