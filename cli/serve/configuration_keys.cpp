#include <algorithm>

#include <parlance/chat/accounts/permission.hpp>
#include <parlance/chat/base/names.hpp>

#include <cli/serve/configuration_checks.hpp>
#include <cli/serve/configuration_keys.hpp>
#include <cli/serve/configuration_kinds.hpp>

namespace parlance::cli {
namespace {

using chat::settings;
using server = settings::server_group;
using admin = settings::admin_group;
using console = settings::console_group;
using tls = settings::tls_group;
using sts = settings::sts_group;
using store = settings::store_group;
using history = settings::history_group;
using accounts = settings::accounts_group;
using email = settings::email_group;
using files = settings::uploads_group;
using push = settings::push_group;
using hooks = settings::hooks_group;
using limits = chat::limits;
using proxies = settings::proxies_group;
using entry = settings::operator_entry;
using gateway = settings::gateway_entry;
using blocklist = settings::blocklist_entry;
using dnsbl = settings::dnsbl_group;
using namespace std::chrono_literals;

constexpr io::duration a_day = std::chrono::days(1);
constexpr io::duration a_century = std::chrono::days(36525);
constexpr std::uint64_t a_million = 1'000'000;
constexpr std::uint64_t a_billion = 1'000'000'000;

auto of_server(auto... path) { return at(&settings::server, path...); }
auto of_console(auto member) { return at(&settings::console, member); }
auto of_tls(auto... path) { return at(&settings::tls, path...); }
auto of_history(auto member) { return at(&settings::history, member); }
auto of_accounts(auto member) { return at(&settings::accounts, member); }
auto of_limits(auto member) { return at(&settings::limits, member); }

void add_server(std::vector<key>& to) {
  to.push_back(text("server.name", of_server(&server::name), is_server_name,
                    "What the server calls itself: a host name with a dot in it."));
  to.push_back(text("server.network", of_server(&server::network), is_network_name,
                    "What the whole is called; without spaces."));
  to.push_back(
      text("server.description", of_server(&server::description), is_line, "What it is, in one line."));
  to.push_back(text("server.motd", of_server(&server::motd), is_text, "The message of the day."));
  to.push_back(text("server.motd_file", of_server(&server::motd_file), is_path,
                    "A file with the message of the day, read at the start; instead of motd."));
  to.push_back(texts("server.listen", of_server(&server::listen), is_address, 1, 64,
                     "Where to listen: \":PORT\", \"HOST:PORT\", \"[IPv6]:PORT\" or \"unix:/PATH\"."));
  to.push_back(flag("server.qr_code", of_server(&server::qr_code),
                    "At the start, a terminal shows the page's address as a QR code, too, for phones that "
                    "can reach it."));
  to.push_back(number("server.threads", of_server(&server::threads), 1, 256,
                      "Threads for the connections of those who come. 1: all is done on one; more are beside "
                      "the chat's own."));
  to.push_back(
      text("server.password", of_server(&server::password), is_password_hash,
           "Whoever comes must know it: what parlance serve --hash-password made of it. Empty: nobody "
           "need."));
  to.push_back(
      flag("server.cloak", of_server(&server::cloak), "Others see a name in place of somebody's address."));
  to.push_back(
      flag("server.international_names", of_server(&server::international_names),
           "Names may be written in any script, but for what looks like another's. false: only A to Z, "
           "digits and what else IRC always had."));
  to.push_back(text("server.admin.location1", of_server(&server::admin, &admin::location1), is_line,
                    "What ADMIN answers: where the server is, who runs it, and how to reach them."));
  to.push_back(text("server.admin.location2", of_server(&server::admin, &admin::location2), is_line, ""));
  to.push_back(text("server.admin.email", of_server(&server::admin, &admin::email), is_line, ""));
}

void add_console(std::vector<key>& to) {
  to.push_back(flag("console.enabled", of_console(&console::enabled),
                    "parlance admin, on the same machine, reaches the operator's console."));
  to.push_back(text("console.socket", of_console(&console::socket), is_path,
                    "The Unix socket where. Empty: console in the store's folder; nowhere when that is in "
                    "memory."));
  to.push_back(text("console.group", of_console(&console::group), is_line,
                    "Who is in that group may, too. Empty: only who runs the server, and root."));
}

void add_tls(std::vector<key>& to) {
  to.push_back(
      flag("tls.enabled", of_tls(&tls::enabled), "TLS is spoken on the same ports as everything else."));
  to.push_back(flag("tls.only", of_tls(&tls::only), "Nothing but TLS is spoken."));
  to.push_back(
      text("tls.certificate", of_tls(&tls::certificate), is_path,
           "PEM files: the certificate, with those that lead to its authority, and its key. Both empty: "
           "one is made on the spot and kept in the store's folder."));
  to.push_back(text("tls.key", of_tls(&tls::key), is_path, ""));
  to.push_back(number("tls.sts.port", of_tls(&tls::sts, &sts::port), 0, 65535,
                      "Tell clients to come back by TLS, on this port (IRCv3 sts). 0: do not."));
  to.push_back(duration("tls.sts.duration", of_tls(&tls::sts, &sts::duration), 0s, a_century,
                        "For how long they keep to that."));
}

void add_store(std::vector<key>& to) {
  to.push_back(text("store.folder", at(&settings::store, &store::folder), is_path,
                    "Where history and accounts are kept. Empty: in memory, and gone at the end."));
  to.push_back(
      choice<chat::durability>("store.durability", at(&settings::store, &store::durability),
                               {{"process", chat::durability::process}, {"power", chat::durability::power}},
                               "What each message survives before anybody is told it: the end of the "
                               "\"process\", or loss of \"power\", "
                               "which waits for the disk."));
}

void add_history(std::vector<key>& to) {
  to.push_back(flag("history.enabled", of_history(&history::enabled), "What is said is kept."));
  to.push_back(duration("history.retention_age", of_history(&history::retention_age), 0s, a_century,
                        "What is older is forgotten. 0: never."));
  to.push_back(number("history.retention_count", of_history(&history::retention_count), 0, a_billion,
                      "Messages kept of each room, and of each conversation of two, and as many of what else "
                      "happens there. 0: all, and 20,000 of what else happens."));
  to.push_back(choice<chat::before_join>(
      "history.before_join", of_history(&history::before_join),
      {{"members", chat::before_join::members}, {"joined", chat::before_join::joined}},
      "Who may read what was said before they came: \"members\", everybody in the room; or only what was "
      "said "
      "since they first \"joined\"."));
  to.push_back(number("history.max_answer", of_history(&history::max_answer), 1, 100'000,
                      "Messages in one answer (CHATHISTORY)."));
  to.push_back(
      flag("history.search", of_history(&history::search),
           "Everybody can look for words in what they may read. Its index is kept beside the history."));
  to.push_back(number("history.replay_lines", of_history(&history::replay_lines), 0, 10'000,
                      "Lines that a plain caller is shown on coming into a room."));
}

void add_accounts(std::vector<key>& to) {
  to.push_back(
      flag("accounts.registration", of_accounts(&accounts::registration), "Anybody can make an account."));
  to.push_back(flag("accounts.register_before_connect", of_accounts(&accounts::register_before_connect),
                    "Also before coming into the chat; never where that takes server.password."));
  to.push_back(
      flag("accounts.require_email", of_accounts(&accounts::require_email),
           "Who makes one must say where mail reaches them. It is kept for operators, and not verified."));
  to.push_back(flag("accounts.require_sasl", of_accounts(&accounts::require_sasl),
                    "Nobody comes in without an account."));
  to.push_back(
      number("accounts.min_password", of_accounts(&accounts::min_password), 1, 128,
             "Characters that a password must have; 8 or more on a server that everybody can reach."));
  to.push_back(choice<chat::always_on>("accounts.always_on", of_accounts(&accounts::always_on),
                                       {{"off", chat::always_on::off}, {"opt-in", chat::always_on::opt_in}},
                                       "Whether somebody with an account can stay in the chat without being "
                                       "connected: \"off\", or \"opt-in\" for those who ask for it."));
  to.push_back(duration(
      "accounts.always_on_expires_after", of_accounts(&accounts::always_on_expires_after), 0s, a_century,
      "Who stays without being connected goes after so long, and stays again once logged in. 0s: never."));
  to.push_back(duration(
      "accounts.expire_after", of_accounts(&accounts::expire_after), 0s, a_century,
      "One that nobody has used for so long ends, with its rooms and its private talks. 0s: never."));
  to.push_back(flag("accounts.nick_reservation", of_accounts(&accounts::nick_reservation),
                    "A name that is an account's can be used by nobody else."));
  const auto of_email = [](auto member) { return at(&settings::accounts, &accounts::email, member); };
  to.push_back(
      texts("accounts.email.command", of_email(&email::command), is_path, 0, 32,
            "The program that sends mail, and its arguments: [\"/usr/sbin/sendmail\", \"-t\", \"-i\"]. "
            "Empty: none is sent."));
  to.push_back(
      text("accounts.email.from", of_email(&email::from), is_mailbox, "As whom: \"chat@example.org\"."));
  to.push_back(
      flag("accounts.email.verify", of_email(&email::verify),
           "Who makes an account must show a code that is sent to their address; and then get another "
           "password by it."));
}

void add_uploads(std::vector<key>& to) {
  to.push_back(flag(
      "uploads.enabled", at(&settings::uploads, &files::enabled),
      "Files can be put up, to be shown in what is said (soju.im/FILEHOST). They are kept in the store's "
      "folder, and forgotten when they are as old as history.retention_age."));
  to.push_back(choice<chat::uploaders>(
      "uploads.uploaders", at(&settings::uploads, &files::uploaders),
      {{"accounts", chat::uploaders::accounts}, {"everybody", chat::uploaders::everybody}},
      "Who may: those with \"accounts\", or \"everybody\" in the chat."));
  to.push_back(size("uploads.max_size", at(&settings::uploads, &files::max_size), 1, std::uint64_t{1} << 40U,
                    "Bytes of one file."));
  to.push_back(size("uploads.quota_per_person", at(&settings::uploads, &files::quota_per_person), 1,
                    std::uint64_t{1} << 50U, "Bytes of all files of one account, or guest."));
  to.push_back(size("uploads.quota", at(&settings::uploads, &files::quota), 1, std::uint64_t{1} << 50U,
                    "Bytes of all files."));
  to.push_back(texts(
      "uploads.types", at(&settings::uploads, &files::types), is_media_range, 1, 100,
      "Kinds of files, by the endings of their names: \"image/*\", \"application/pdf\"; \"*/*\": any."));
}

void add_push(std::vector<key>& to) {
  to.push_back(flag(
      "push.enabled", at(&settings::push, &push::enabled),
      "Who is in the chat, and at no client, is told by their browser of what is said to them (Web Push)."));
  to.push_back(
      text("push.contact", at(&settings::push, &push::contact), is_contact,
           "Where those who run push services reach you: \"mailto:admin@example.org\". Empty: server.name."));
  to.push_back(texts("push.networks", at(&settings::push, &push::networks), is_network, 0, 1000,
                     "Addresses and networks that are not public at which push services may be, too."));
}

void add_hooks(std::vector<key>& to) {
  using makers = chat::hook_makers;
  const std::initializer_list<std::pair<std::string_view, makers>> who = {
      {"nobody", makers::nobody},
      {"operators", makers::operators},
      {"room-operators", makers::room_operators}};
  to.push_back(choice<makers>("hooks.incoming", at(&settings::hooks, &hooks::incoming), who,
                              "Who makes webhooks by which programs say something in a room: \"nobody\", "
                              "\"operators\" of the server, or "
                              "\"room-operators\", too."));
  to.push_back(
      choice<makers>("hooks.outgoing", at(&settings::hooks, &hooks::outgoing), who,
                     "The same of those that post what is said in a room to an address that they name."));
  to.push_back(flag("hooks.plain_http", at(&settings::hooks, &hooks::plain_http),
                    "Programs post without TLS from everywhere; else from this machine and between private "
                    "addresses only."));
  to.push_back(texts(
      "hooks.networks", at(&settings::hooks, &hooks::networks), is_network, 0, 1000,
      "Addresses and networks that are not public which outgoing ones may call, too, and without TLS."));
  to.push_back(duration("hooks.retry", at(&settings::hooks, &hooks::retry), 1ms, a_day,
                        "What an outgoing one could not post is posted again after so long, then after twice "
                        "that, and so on."));
}

void add_api(std::vector<key>& to) {
  to.push_back(
      flag("api.enabled", at(&settings::api, &settings::api_group::enabled),
           "Operators' programs are answered at /api/v1, by TLS or from this machine, with tokens that "
           "/token makes at the console."));
}

void add_connection_limits(std::vector<key>& to) {
  const auto add = [&to](key one) { to.push_back(std::move(one)); };
  add(number("limits.members", of_limits(&limits::members), 1, 100 * a_million, "People at the same time."));
  add(number("limits.connections", of_limits(&limits::connections), 0, 100 * a_million,
             "Connections at the same time. 0: no limit."));
  add(number("limits.connections_per_address", of_limits(&limits::connections_per_address), 0, a_billion,
             "Connections of one address at the same time; an IPv6 /64 counts as one. 0: no limit."));
  add(number(
      "limits.arrivals", of_limits(&limits::arrivals), 0, a_million,
      "People who may come in from one address at once, and then one a second; an IPv6 /64 counts as one. "
      "0: no limit."));
  add(texts(
      "limits.exempt", of_limits(&limits::exempt), is_network, 0, 10'000,
      "Addresses and networks for which connections_per_address, arrivals and failed_logins do not hold."));
  add(number(
      "limits.failed_logins", of_limits(&limits::failed_logins), 0, a_million,
      "Failed logins of one address in a burst; then one each 6 s. One account: 30, then one each 10 s, from "
      "addresses that it does not know. 0: no limit."));
  add(duration("limits.registration_time", of_limits(&limits::registration_time), 1s, a_day,
               "An IRC client that has not said who it is by then is dropped."));
  add(duration("limits.idle_ping", of_limits(&limits::idle_ping), 1s, a_day,
               "An IRC client that is silent for so long is sent PING."));
  add(duration("limits.ping_timeout", of_limits(&limits::ping_timeout), 2s, a_day,
               "And one that is silent for so long is dropped."));
  add(size("limits.sendq", of_limits(&limits::sendq), 1, 1u << 30,
           "Bytes that may wait for one caller who reads too slowly."));
  add(number("limits.message_burst", of_limits(&limits::message_burst), 1, a_million,
             "Messages that one caller may send at once."));
  add(number("limits.message_rate", of_limits(&limits::message_rate), 0, a_million,
             "Messages per second of one caller; faster ones wait. 0: no limit."));
  add(duration("limits.greeting", of_limits(&limits::greeting), 0s, a_day,
               "A caller who has said nothing for so long is greeted as a plain one."));
  add(duration(
      "limits.pause", of_limits(&limits::pause), 1ms, a_day,
      "From a caller who never sent a newline, a text that nothing follows for so long is a message."));
  add(duration("limits.split_character", of_limits(&limits::split_character), 1ms, a_day,
               "The same for one that ends inside a UTF-8 character."));
  add(duration("limits.linger", of_limits(&limits::linger), 0s, a_day,
               "For sending what is due to somebody who leaves."));
}

void add_message_limits(std::vector<key>& to) {
  const auto add = [&to](key one) { to.push_back(std::move(one)); };
  add(size("limits.line", of_limits(&limits::line), 1, 1u << 30, "Bytes of one message of a plain caller."));
  add(size("limits.irc_line", of_limits(&limits::irc_line), 512, 65536,
           "Bytes of a line of IRC, with its end."));
  add(size("limits.irc_tags", of_limits(&limits::irc_tags), 4096, 65536, "Bytes of the tags before it."));
  add(size("limits.multiline_bytes", of_limits(&limits::multiline_bytes), 512, 1u << 20,
           "Bytes of one multi-line message."));
  add(number("limits.multiline_lines", of_limits(&limits::multiline_lines), 1, 10'000, "Lines of it."));
  add(number("limits.targets", of_limits(&limits::targets), 1, 1000, "Recipients of one command."));
  add(size("limits.topic", of_limits(&limits::topic), 1, 4096, "Bytes of a room's topic."));
  add(size("limits.kick", of_limits(&limits::kick), 1, 4096, "Bytes of why somebody is put out of a room."));
  add(size("limits.away", of_limits(&limits::away), 1, 4096, "Bytes of why somebody is away."));
  add(size("limits.realname", of_limits(&limits::realname), 1, 4096, "Bytes of a real name."));
  add(size("limits.metadata_value", of_limits(&limits::metadata_value), 1, 65536,
           "Bytes of a value of metadata."));
}

void add_room_limits(std::vector<key>& to) {
  const auto add = [&to](key one) { to.push_back(std::move(one)); };
  add(size("limits.name", of_limits(&limits::name), 8, 255, "Bytes of a name."));
  add(size("limits.room_name", of_limits(&limits::room_name), 8, 255,
           "Bytes of a room's name, with its '#'."));
  add(number("limits.rooms", of_limits(&limits::rooms), 1, 100 * a_million,
             "Rooms at the same time, of which one address makes a quarter at most."));
  add(number("limits.rooms_per_member", of_limits(&limits::rooms_per_member), 1, a_million,
             "Rooms that one may be in."));
  add(number("limits.listed", of_limits(&limits::listed), 1, a_million,
             "Names or rooms that one answer to a plain caller lists."));
  add(number("limits.announced", of_limits(&limits::announced), 0, a_million,
             "Who comes and goes is told to plain callers in rooms of at most so many."));
  add(number("limits.list_modes", of_limits(&limits::list_modes), 1, 100'000,
             "Entries of each list of a room: bans, exceptions, invitations."));
  add(number("limits.monitor", of_limits(&limits::monitor), 1, 100'000, "Names that one client may watch."));
  add(number("limits.whowas", of_limits(&limits::whowas), 0, a_million,
             "People who left that WHOWAS remembers."));
  add(number("limits.metadata_keys", of_limits(&limits::metadata_keys), 0, 10'000,
             "Keys of metadata of one person or room."));
}

void add_watching(std::vector<key>& to) {
  to.push_back(texts(
      "websocket.origins", at(&settings::websocket, &settings::websocket_group::origins), is_origin, 0, 1000,
      "Pages from which browsers may join: \"https://chat.example.org\", or \"*\" for any. "
      "Empty: those of the host that they ask for. At a loopback address, and between private ones, where "
      "anybody's name can be made to lead, that is server.name, an address, or a name that is in no public "
      "DNS: localhost, nas, chat.local, chat.lan, chat.internal."));
  to.push_back(texts("page.frame_ancestors", at(&settings::page, &settings::page_group::frame_ancestors),
                     is_origin, 0, 100,
                     "Sites that may show the chat's page in an <iframe>: \"https://intranet.example.org\", "
                     "or \"*\" for any. "
                     "Empty: none, so that no page can have people click in a chat that they do not see."));
  to.push_back(
      texts("proxies.protocol", at(&settings::proxies, &proxies::protocol), is_proxy, 0, 1000,
            "Addresses and networks of balancers whose connections all begin with a header of the PROXY "
            "protocol (version 1 or 2), which tells who calls; \"unix\": Unix sockets."));
  to.push_back(texts("proxies.forwarded", at(&settings::proxies, &proxies::forwarded), is_proxy, 0, 1000,
                     "The same of those that tell in HTTP who asks: what others say there is not believed."));
  to.push_back(choice<http::forwarded_by>(
      "proxies.header", at(&settings::proxies, &proxies::header),
      {{"X-Forwarded-For", http::forwarded_by::x_forwarded_for},
       {"Forwarded", http::forwarded_by::forwarded}},
      "In which field. With the first, X-Forwarded-Proto tells whether it was by https."));
  to.push_back(flag("metrics.enabled", at(&settings::metrics, &settings::metrics_group::enabled),
                    "GET /metrics tells what Prometheus wants to know."));
  to.push_back(texts("metrics.allow", at(&settings::metrics, &settings::metrics_group::allow), is_network, 0,
                     1000, "Addresses and networks that may read /metrics, and /health in full."));
  to.push_back(choice<chat::log_level>("log.level", at(&settings::log, &settings::log_group::level),
                                       {{"error", chat::log_level::error},
                                        {"warn", chat::log_level::warn},
                                        {"info", chat::log_level::info},
                                        {"debug", chat::log_level::debug}},
                                       "How much is told of what happens. Never what anybody says."));
  to.push_back(choice<chat::log_format>("log.format", at(&settings::log, &settings::log_group::format),
                                        {{"text", chat::log_format::text}, {"json", chat::log_format::json}},
                                        "One line of key=value for each event, or one JSON object."));
}

void add_dnsbl(std::vector<key>& to) {
  to.push_back(
      text("dnsbl.nameserver", at(&settings::dnsbl, &dnsbl::nameserver), is_nameserver,
           "The name server that is asked for addresses on lists (DNSBL): \"192.0.2.53\", or with a port. "
           "Empty: the first of /etc/resolv.conf. Most lists do not answer those that everybody uses."));
  to.push_back(duration("dnsbl.time_limit", at(&settings::dnsbl, &dnsbl::time_limit), 100ms, 30s,
                        "Who comes waits so long at most, and is taken for one who is on no list then."));
  to.push_back(
      texts("dnsbl.exempt", at(&settings::dnsbl, &dnsbl::exempt), is_network, 0, 10'000,
            "Addresses and networks of which no list is asked, besides those of no public network."));
}

std::vector<key> make_keys() {
  std::vector<key> all;
  add_server(all);
  add_console(all);
  add_tls(all);
  add_store(all);
  add_history(all);
  add_accounts(all);
  add_uploads(all);
  add_push(all);
  add_hooks(all);
  add_api(all);
  add_connection_limits(all);
  add_message_limits(all);
  add_room_limits(all);
  add_dnsbl(all);
  add_watching(all);
  return all;
}

std::string what_operators_may() {
  std::string text = "What they may do: ";
  for (const auto& one : chat::permissions::table) text += fmt::format("{} ({}); ", one.name, one.about);
  return text + std::string(chat::permissions::all_of_them) + " (everything).";
}

entry_table<entry> make_operator_table() {
  return {
      .name = "operators",
      .example = "alice",
      .comment = "Those who may run the server, by the name that they give OPER:",
      .entries = &settings::operators,
      .keys = {text("password", at(&entry::password), is_password_hash,
                    "What parlance serve --hash-password made of it. Empty: the certificate is enough."),
               texts("hosts", at(&entry::hosts), is_mask, 0, 100,
                     "Masks of the addresses they may call from. Empty: any."),
               fingerprint("certificate", at(&entry::certificate),
                           "The SHA-256 of their client's certificate. Empty: none is needed."),
               texts("permissions", at(&entry::permissions), is_permission, 1, 16, what_operators_may())}};
}

entry_table<gateway> make_gateway_table() {
  return {.name = "webirc",
          .example = "kiwi",
          .comment = "Gateways from the web that tell for whom they speak (WEBIRC):",
          .entries = &settings::webirc,
          .keys = {texts("from", at(&gateway::from), is_proxy, 0, 1000,
                         "Addresses and networks that it calls from; \"unix\": a Unix socket."),
                   text("password", at(&gateway::password), is_password_hash,
                        "What parlance serve --hash-password made of it. Empty: the certificate is enough."),
                   fingerprint("certificate", at(&gateway::certificate),
                               "The SHA-256 of its certificate. Empty: none is needed.")}};
}

entry_table<blocklist> make_blocklist_table() {
  return {
      .name = "dnsbl.lists",
      .example = "dronebl",
      .comment = "Lists of addresses that are asked by DNS (DNSBL) of whoever comes:",
      .entries = &settings::blocklists,
      .keys = {
          text("zone", at(&blocklist::zone), is_zone, "As \"dnsbl.dronebl.org\"."),
          texts("answers", at(&blocklist::answers), is_network, 0, 256,
                "Which of its answers count: \"127.0.0.3\", \"127.0.0.8/29\". Empty: all, but those in "
                "127.255.255.0/24, which tell of errors."),
          choice<chat::listed_are>("listed", at(&blocklist::listed),
                                   {{"marked", chat::listed_are::marked},
                                    {"with-accounts", chat::listed_are::with_accounts},
                                    {"refused", chat::listed_are::refused}},
                                   "What becomes of those: they are \"refused\", come in \"with-accounts\" "
                                   "only, or are \"marked\", which operators see."),
          text("reason", at(&blocklist::reason), is_line, "What they are told, and operators.")}};
}

std::string describe(const raw_value& value) {
  struct {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(const std::string& s) const { return toml_string(s); }
    std::string operator()(const std::vector<std::string>& list) const { return toml_array(list); }
    std::string operator()(const bare_text& t) const { return t.text; }
    std::string operator()(const unfit_value& v) const { return v.text; }
  } as_text;
  constexpr std::size_t most = 100;
  std::string all = std::visit(as_text, value);
  return all.size() <= most ? all : all.substr(0, most) + "...";
}

std::string complain(std::string_view name, const std::string& must, const raw_value& value) {
  if (must.empty()) return {};
  // What stands there by mistake may be the password itself, and this is read by others.
  if (name.ends_with("password")) return fmt::format("{}: must be {}", name, must);
  return fmt::format("{}: must be {}, is {}", name, must, describe(value));
}

/// How many characters to change to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string unknown(std::string_view name) {
  constexpr std::size_t longest = 64;
  std::string_view best;
  std::size_t least = 4;
  if (name.size() <= longest)
    for (const key& k : keys())
      if (const std::size_t d = distance(name, k.name); d < least) least = d, best = k.name;
  return fmt::format("{}: there is no such key{}", describe(bare_text{std::string(name)}),
                     best.empty() ? "" : fmt::format("; is {} meant?", best));
}

/// "operators.alice.hosts", taken apart: an entry of a table, and its key, which is none when the entry itself
/// is named.
struct entry_name {
  std::string_view who;
  std::optional<std::string_view> what;
};

/// Nothing: it is no name in that table.
template <class Entry>
std::optional<entry_name> name_in(const entry_table<Entry>& table, std::string_view name) {
  if (!name.starts_with(fmt::format("{}.", table.name))) return {};
  name.remove_prefix(table.name.size() + 1);
  const auto dot = name.find('.');
  if (dot == name.npos) return entry_name{name, {}};
  return entry_name{name.substr(0, dot), name.substr(dot + 1)};
}

template <class Entry>
std::string set_entry_key(const entry_table<Entry>& table, chat::settings& in, std::string_view name,
                          const entry_name& of, const raw_value& value) {
  if (!chat::is_name(of.who, longest_entry_name))
    return fmt::format("{}: {} is no name for an entry of {}", name, toml_string(of.who), table.name);
  for (const key_of<Entry>& k : table.keys)
    if (k.name == of.what)
      return complain(name, k.set((in.*table.entries)[std::string(of.who)], value), value);
  return unknown(name);
}

}  // namespace

std::span<const key> keys() {
  static const std::vector<key> all = make_keys();
  return all;
}

const entry_table<settings::operator_entry>& operator_table() {
  static const entry_table<entry> all = make_operator_table();
  return all;
}

const entry_table<settings::gateway_entry>& gateway_table() {
  static const entry_table<gateway> all = make_gateway_table();
  return all;
}

const entry_table<settings::blocklist_entry>& blocklist_table() {
  static const entry_table<blocklist> all = make_blocklist_table();
  return all;
}

const key* find_key(std::string_view name) {
  const auto all = keys();
  const auto found = std::ranges::find(all, name, &key::name);
  return found == all.end() ? nullptr : &*found;
}

const key& known_key(std::string_view name) {
  const key* const found = find_key(name);
  if (!found) throw std::logic_error(fmt::format("no such key: {}", name));
  return *found;
}

bool is_group(std::string_view name) {
  bool is_entry = false;
  each_entry_table([&](const auto& table) {
    const std::optional<entry_name> of = name_in(table, name);
    is_entry |= name == table.name || (of && !of->what && chat::is_name(of->who, longest_entry_name));
  });
  return is_entry || std::ranges::any_of(keys(), [name](const key& k) {
           return k.name.size() > name.size() && k.name.starts_with(name) && k.name[name.size()] == '.';
         });
}

std::string set_key(chat::settings& in, std::string_view name, const raw_value& value) {
  if (const key* k = find_key(name)) return complain(name, k->set(in, value), value);
  std::optional<std::string> of_entry;
  each_entry_table([&](const auto& table) {
    if (const auto of = name_in(table, name)) of_entry = set_entry_key(table, in, name, *of, value);
  });
  if (of_entry) return *of_entry;
  if (is_group(name)) return complain(name, "a table", value);
  return unknown(name);
}

}  // namespace parlance::cli
