PRAGMA application_id = 1348563564;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE conversations(id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT;
INSERT INTO "conversations" VALUES(1,'#lobby');
INSERT INTO "conversations" VALUES(2,'#open');
INSERT INTO "conversations" VALUES(3,'#board');
INSERT INTO "conversations" VALUES(4,'@alice#1795966410000000 @bob#1795966411000000');
INSERT INTO "conversations" VALUES(5,'#mine');
CREATE TABLE documents(
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(kind, key)) STRICT, WITHOUT ROWID;
INSERT INTO "documents" VALUES('account','alice','{"always_on":false,"certificates":[],"created":1795966410,"email":"","hash":"$argon2id$v=19$m=65536,t=2,p=1$F7XaWIJHHQGkFkzeooVNdw$BZsseNbDXYLmv8Rw4N7jVyBGywiUVNS28TwzbOwxftY","multiclient":true,"name":"alice","number":1795966410000000,"scram":"SCRAM-SHA-256$4096:xBCkFiB7Et7g2ZaeVRi5bw==$QAdvCgui+ji5PIKDsF2y58bjYgbgjXCp1cQLfX+ZUKo=:poCYV8NXgtLq90cVRGOYpKlLqMbRWMQWyygSuTubtBs="}');
INSERT INTO "documents" VALUES('account','bob','{"always_on":false,"certificates":[],"created":1795966411,"email":"","hash":"$argon2id$v=19$m=65536,t=2,p=1$AS5kwUAzpl0UWfaeXtAWaw$VLYMtLQkR96i2CQZCnDc2t6reRPX1N324I+//05TSwg","multiclient":true,"name":"bob","number":1795966411000000,"scram":"SCRAM-SHA-256$4096:86VWpjaBtzE2wnpsF1YCjg==$Vtjk8TaxKcwmEfc0JALFDd2bAxBpEQPLut8Q157wSYg=:0hvc0VZ8nuA/dt09CFXOnDxKBZD9GWWCkx5B7tFv/o4="}');
INSERT INTO "documents" VALUES('joined','#board @alice#1795966410000000','1795966413663554');
INSERT INTO "documents" VALUES('joined','#board @bob#1795966411000000','1795966413708000');
INSERT INTO "documents" VALUES('joined','#mine @alice#1795966410000000','1795966413796484');
INSERT INTO "documents" VALUES('joined','#open @alice#1795966410000000','1795966413619035');
INSERT INTO "documents" VALUES('room','#board','{"bans":[],"begins_after":1795966413620000,"created":1795966413,"exceptions":[],"forward":"","founder":"","guests":{"":1},"invitations":[],"key":"key","limit":0,"maker":"127.0.0.1","modes":"nt","name":"#board","people":{"alice":"o","bob":"v"},"ranks":{},"since":{},"topic":{"at":0,"by":"","text":""}}');
INSERT INTO "documents" VALUES('room','#mine','{"bans":[],"begins_after":1795966413751519,"created":1795966413,"exceptions":[],"forward":"","founder":"alice","guests":{},"invitations":[],"key":"","limit":0,"maker":"127.0.0.1","modes":"nt","name":"#mine","people":{},"ranks":{},"since":{},"topic":{"at":0,"by":"","text":""}}');
INSERT INTO "documents" VALUES('talk','@alice#1795966410000000 @bob#1795966411000000','"bob"');
INSERT INTO "documents" VALUES('talk','@bob#1795966411000000 @alice#1795966410000000','"alice"');
CREATE TABLE entries(
    conversation INTEGER NOT NULL, id INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
    source TEXT NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL, extra TEXT NOT NULL,
    PRIMARY KEY(conversation, id)) STRICT, WITHOUT ROWID;
INSERT INTO "entries" VALUES(1,1795966409908873,1,4,'operator!guest@localhost','','','','');
INSERT INTO "entries" VALUES(2,1795966413619035,1,4,'alice!~alice@localhost','alice','','','alice');
INSERT INTO "entries" VALUES(2,1795966413620000,4294967297,1,'alice!~alice@localhost','alice','said in the open','','');
INSERT INTO "entries" VALUES(3,1795966413663554,1,4,'alice!~alice@localhost','alice','','','alice');
INSERT INTO "entries" VALUES(3,1795966413664000,4294967297,1,'alice!~alice@localhost','alice','before it was closed','','');
INSERT INTO "entries" VALUES(3,1795966413707576,4294967298,10,'alice!~alice@localhost','alice','+k key','','');
INSERT INTO "entries" VALUES(3,1795966413708000,4294967299,4,'bob!~bob@localhost','bob','','','bob');
INSERT INTO "entries" VALUES(3,1795966413709000,4294967300,4,'guest!~guest@localhost','','','','guest the tester');
INSERT INTO "entries" VALUES(3,1795966413710000,4294967301,10,'alice!~alice@localhost','alice','+v bob','','');
INSERT INTO "entries" VALUES(3,1795966413711000,8589934597,1,'alice!~alice@localhost','alice','among us','','');
INSERT INTO "entries" VALUES(4,1795966413751519,4294967296,1,'alice!~alice@localhost','alice','in private','',' bob');
INSERT INTO "entries" VALUES(5,1795966413796484,1,4,'alice!~alice@localhost','alice','','','alice');
INSERT INTO "entries" VALUES(5,1795966413797000,2,10,'ChanServ!ChanServ@vm.local','','+q alice','','');
INSERT INTO "entries" VALUES(5,1795966413798000,4294967298,1,'alice!~alice@localhost','alice','at home','','');
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('generation',3637262131501659394);
INSERT INTO "meta" VALUES('reserved',1795966414663554);
CREATE INDEX found_entries ON entries(conversation, id) WHERE kind IN (1, 2);
COMMIT;
