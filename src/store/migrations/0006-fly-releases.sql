-- What Fly's own clients record of their deploys: releases of an app, and builds that went before them.
create table fly_releases (id text primary key, app text not null, version integer not null, data text not null) without rowid;
create unique index fly_releases_app on fly_releases (app, version);
create table fly_builds (id integer primary key autoincrement, app text not null, data text not null);
create index fly_builds_app on fly_builds (app);
