// Everything about a chat that can be chosen, with defaults that are safe as they stand. A program fills it
// in from wherever it likes; `parlance serve` reads it from a TOML file, in which every member has the name
// it has here.
//
//   chat::settings settings;
//   settings.server.name = "chat.example.org";
//   settings.limits.members = 2000;
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <parlance/chat/base/limits.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/watch/log.hpp>
#include <parlance/http/message/forwarded.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

/// Whom the history from before they came into a room is shown to.
enum class before_join : unsigned char {
  members,  ///< everybody who is in the room
  joined    ///< nobody: each sees what was said since they first came
};

/// Who may put up files.
enum class uploaders : unsigned char {
  accounts,  ///< those who are logged in to one
  everybody  ///< and guests, who are in the chat
};

/// Who may make webhooks of a room.
enum class hook_makers : unsigned char {
  nobody,
  operators,      ///< of the server, with the permission `rooms`, and who is at its console
  room_operators  ///< and those of the room
};

/// Whether somebody can be in the chat without being connected.
enum class always_on : unsigned char {
  off,
  opt_in  ///< those with an account who ask for it
};

/// What becomes of those whose addresses are on a list.
enum class listed_are : unsigned char {
  marked,         ///< operators are told
  with_accounts,  ///< they come in only when they are logged in to an account
  refused
};

struct settings {
  struct admin_group {
    /// What ADMIN answers (RFC 2812, section 3.4.9).
    std::string location1;
    std::string location2;
    std::string email;
  };

  struct server_group {
    /// What the server calls itself: a host name with a dot in it, which tells it from a nickname.
    std::string name = "parlance.local";
    /// What the whole is called; without spaces.
    std::string network = "Parlance";
    std::string description = "A chat that anybody can join";
    /// The message of the day: a text, or a file that is read at the start. Not both.
    std::string motd;
    std::string motd_file;
    /// Where to listen: ":8000", "host:port", "[v6]:port", "unix:/path".
    std::vector<std::string> listen = {":8000"};
    /// Whoever starts it at a terminal sees the page's address as a QR code, too, for phones in the same network.
    bool qr_code = true;
    /// Threads for the callers' connections: their system calls and TLS. 1: the hub's own does that, too.
    unsigned threads = 1;
    /// Whoever comes must give it (PASS): the argon2id string of a password. Empty: nobody need.
    std::string password;
    /// Others see a name in place of somebody's address (see cloak.hpp).
    bool cloak = true;
    /// Nicks and accounts may be of any script (names.hpp). False: of ASCII only; what there are stay.
    bool international_names = true;
    admin_group admin;
  };

  /// The operator's console, for who is not at the server's own terminal.
  struct console_group {
    bool enabled = true;
    /// A Unix socket. Empty: "console" in the store's folder; nowhere when that is in memory.
    std::string socket;
    /// A group of the system's whose people may open it, too. Empty: only who runs the server, and root.
    std::string group;
  };

  struct sts_group {
    /// Strict transport security (IRCv3 sts): the port where TLS is spoken, and for how long clients keep to
    /// it. A port of 0: not offered.
    std::uint16_t port = 0;
    io::duration duration{};
  };

  struct tls_group {
    /// TLS is spoken on the same ports as everything else.
    bool enabled = true;
    /// Nothing else is spoken; who tries is told so.
    bool only = false;
    /// PEM files. Both empty: a certificate is made on the spot and kept in the store's folder.
    std::string certificate;
    std::string key;
    sts_group sts;
  };

  struct store_group {
    /// Where history and accounts are kept. Empty: in memory, and gone with the process.
    std::string folder;
    chat::durability durability = durability::process;
  };

  struct history_group {
    bool enabled = true;
    /// What is older is forgotten. 0: never.
    io::duration retention_age = std::chrono::days(30);
    /// Messages kept of one room, and of one conversation of two; the oldest are forgotten. 0: all, and
    /// 20,000 of what else happened there.
    std::size_t retention_count = 0;
    chat::before_join before_join = before_join::members;
    /// Messages in one answer (CHATHISTORY).
    std::size_t max_answer = 1000;
    /// Everybody can look for words in what they may read. The index for it is beside the history, and has nearly its
    /// size.
    bool search = true;
    /// Lines that a plain caller, who cannot ask for history, is shown on coming into a room.
    std::size_t replay_lines = 10;
  };

  /// Mail to those who have accounts.
  struct email_group {
    /// The program that sends it, and its arguments; it reads a message (RFC 5322) with its receiver in it. Empty: none is sent.
    std::vector<std::string> command;
    /// As whom; an address.
    std::string from;
    /// Who makes an account must show by a code that mail reaches them.
    bool verify = false;
  };

  struct accounts_group {
    /// Whether anybody can make an account.
    bool registration = true;
    /// Also before coming into the chat; never where that takes the server's password.
    bool register_before_connect = true;
    /// Who makes one must say where mail reaches them. It is kept for operators, and not verified.
    bool require_email = false;
    /// Nobody comes in without one.
    bool require_sasl = false;
    /// Characters that a password must have. Like other servers of IRC we ask for none in particular: who
    /// serves the public should.
    std::size_t min_password = 1;
    chat::always_on always_on = always_on::opt_in;
    /// Who stays without being connected goes after so long; who logs in stays again. 0: never.
    io::duration always_on_expires_after{};
    /// One that nobody has used for so long ends, with all that is its own. 0: never.
    io::duration expire_after{};
    /// A name that is an account's can be used by nobody else.
    bool nick_reservation = true;
    email_group email;
  };

  /// Files that people put up to show in what they say. They are kept in the store's folder, so there are none where
  /// the chat is in memory only, and are forgotten as old as history is (history_group::retention_age).
  struct uploads_group {
    bool enabled = true;
    chat::uploaders uploaders = uploaders::accounts;
    /// Bytes of one file; of all of one account, or guest; and of all.
    std::uint64_t max_size = std::uint64_t{25} << 20U;
    std::uint64_t quota_per_person = std::uint64_t{250} << 20U;
    std::uint64_t quota = std::uint64_t{2} << 30U;
    /// Which kinds, by the endings of their names: "image/*", "application/pdf"; "*/*": any.
    std::vector<std::string> types = {"*/*"};
  };

  /// Who is in the chat and looks at it by no client is told of what is said to them (Web Push, RFC 8030), by the push
  /// services of their browsers.
  struct push_group {
    bool enabled = true;
    /// Where those who run a push service can reach whoever runs this server: "mailto:..." or "https://...". Empty: the
    /// server's name, which many take.
    std::string contact;
    /// Addresses of no public network at which push services may be, too; else nobody has the server call into those.
    std::vector<std::string> networks;
  };

  /// Webhooks: programs elsewhere that say something in a room (incoming), or are told what is said there (outgoing).
  struct hooks_group {
    hook_makers incoming = hook_makers::room_operators;
    /// They make the server call others.
    hook_makers outgoing = hook_makers::operators;
    /// Tokens are taken from everywhere also without TLS; else only by this machine, and between private addresses.
    bool plain_http = false;
    /// Addresses of no public network that outgoing ones may call, too, and without TLS.
    std::vector<std::string> networks;
    /// Until what could not be posted is posted again; doubled each time.
    io::duration retry = std::chrono::seconds(2);
  };

  /// What operators do by HTTP (/api/v1), with tokens that are made at the console.
  struct api_group {
    bool enabled = true;
  };

  struct websocket_group {
    /// Pages that may join from a browser, as the browser names them: "https://chat.example.org"; "*": any.
    /// Empty: those of the host that they ask for.
    std::vector<std::string> origins;
  };

  struct page_group {
    /// Origins whose pages may show the chat's page in a frame: "https://intranet.example.org"; "*": any.
    /// Never that of the operators.
    std::vector<std::string> frame_ancestors;
  };

  /// Through whom others come. Where it is one of these, the caller is whom it speaks for, and is counted,
  /// banned and shown as such. Addresses and networks; "unix": who calls by a Unix socket.
  struct proxies_group {
    /// Each connection from here begins with a header of the PROXY protocol, or ends.
    std::vector<std::string> protocol;
    /// What they say in HTTP of who asks is believed.
    std::vector<std::string> forwarded;
    /// Which field that is.
    http::forwarded_by header = http::forwarded_by::x_forwarded_for;
  };

  /// Lists of addresses that are asked by DNS (DNSBL, RFC 5782) of whoever comes; which, says blocklist_entry.
  struct dnsbl_group {
    /// The name server that is asked: "192.0.2.53", "[2001:db8::53]:53". Empty: the first of /etc/resolv.conf.
    std::string nameserver;
    /// Who has no answer by then is taken for one who is on no list.
    io::duration time_limit = std::chrono::seconds(3);
    /// Addresses and networks of which none is asked, besides those that are not public.
    std::vector<std::string> exempt;
  };

  struct blocklist_entry {
    std::string zone;
    /// Which of its answers count, as networks: "127.0.0.3", "127.0.0.8/29". Empty: all but those that tell of errors.
    std::vector<std::string> answers;
    listed_are listed = listed_are::refused;
    /// For those who are refused, and for operators.
    std::string reason = "it has sent spam";
  };

  struct metrics_group {
    bool enabled = true;
    /// Addresses and networks that may read /metrics, and /health in full.
    std::vector<std::string> allow = {"127.0.0.0/8", "::1/128"};
  };

  struct log_group {
    chat::log_level level = log_level::info;
    chat::log_format format = log_format::text;
  };

  /// Somebody who may run the server (OPER): knows the password, and calls from one of the hosts, and shows
  /// the certificate where one is named.
  struct operator_entry {
    /// An argon2id string. Empty: the certificate is enough.
    std::string password;
    /// Masks of addresses, as "192.0.2.*"; empty: any.
    std::vector<std::string> hosts;
    /// The SHA-256 of the client's certificate, as 64 hexadecimal digits.
    std::string certificate;
    /// What they may do (permission.hpp): "kill", "rooms"; or "all".
    std::vector<std::string> permissions = {"all"};
  };

  /// A gateway from the web that speaks IRC for others, and tells for whom (WEBIRC): comes from one of these
  /// networks, and knows the password, or shows the certificate, or both where both are named.
  struct gateway_entry {
    /// As in proxies_group.
    std::vector<std::string> from;
    /// An argon2id string. Empty: the certificate is enough.
    std::string password;
    /// As operator_entry::certificate.
    std::string certificate;
  };

  server_group server;
  console_group console;
  tls_group tls;
  store_group store;
  history_group history;
  accounts_group accounts;
  uploads_group uploads;
  push_group push;
  hooks_group hooks;
  api_group api;
  chat::limits limits;
  websocket_group websocket;
  page_group page;
  proxies_group proxies;
  dnsbl_group dnsbl;
  metrics_group metrics;
  log_group log;
  /// By the name that OPER is given.
  std::map<std::string, operator_entry, std::less<>> operators;
  /// By a name for the log.
  std::map<std::string, gateway_entry, std::less<>> webirc;
  /// By the name that people are told; those of one zone are asked together.
  std::map<std::string, blocklist_entry, std::less<>> blocklists;
};

}  // namespace parlance::chat
