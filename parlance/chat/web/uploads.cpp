#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/file_host_token.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/web/content_disposition.hpp>
#include <parlance/chat/web/proof.hpp>
#include <parlance/chat/web/shown_token.hpp>
#include <parlance/chat/web/uploads.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/media_type.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/server/media_types.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

constexpr std::string_view place = "/uploads";

/// A file that is opened by itself is a page without rights: it may show itself, and nothing else.
constexpr std::string_view policy =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'none'";

struct kind_shown {
  std::string_view type, ending;
};
/// What browsers show, and which can hold no script.
constexpr auto shown = std::to_array<kind_shown>({
    {"image/png", "png"},
    {"image/jpeg", "jpg"},
    {"image/gif", "gif"},
    {"image/webp", "webp"},
    {"image/avif", "avif"},
    {"image/apng", "apng"},
    {"audio/mpeg", "mp3"},
    {"audio/ogg", "ogg"},
    {"audio/wav", "wav"},
    {"audio/flac", "flac"},
    {"audio/aac", "aac"},
    {"audio/mp4", "m4a"},
    {"audio/webm", "weba"},
    {"video/mp4", "mp4"},
    {"video/webm", "webm"},
    {"video/ogg", "ogv"},
});

bool is_shown(std::string_view type) {
  return std::ranges::find(shown, type, &kind_shown::type) != shown.end();
}

/// For a file without a name.
std::string_view ending_for(std::string_view content_type) {
  const auto type = http::media_type::parse(content_type);
  if (!type) return {};
  if (type->essence() == "text/plain") return "txt";
  if (type->essence() == "application/pdf") return "pdf";
  const auto* const found = std::ranges::find(shown, type->essence(), &kind_shown::type);
  return found == shown.end() ? std::string_view() : found->ending;
}

bool is_taken(const settings::uploads_group& by, std::string_view type) {
  const std::string_view essence = type.substr(0, type.find(';'));
  return std::ranges::any_of(by.types, [&](const std::string& range) {
    if (range == "*/*") return true;
    return range.ends_with("/*") ? essence.starts_with(range.substr(0, range.size() - 1)) : essence == range;
  });
}

[[noreturn]] void refuse(uploads::obstacle why) {
  switch (why) {
    case uploads::obstacle::too_often:
      throw http::refusal(429, "too many files of yours; try again later", {{"Retry-After", "10"}});
    case uploads::obstacle::too_many:
      throw http::refusal(503, "too many files are under way; try again later", {{"Retry-After", "10"}});
    case uploads::obstacle::person_full:
      throw http::refusal(507, "your files fill the room that you have here; old ones go in time");
    case uploads::obstacle::full:
      throw http::refusal(507, "there is no room for more files here; old ones go in time");
  }
  std::unreachable();
}

/// A page elsewhere, whose origin is none that may join, has nothing to ask for here.
bool may_ask(const hub& of, const http::server_request& asked) {
  const auto origin = asked.fields().get("Origin");
  if (!origin) return true;
  const auto& named = of.configured().websocket.origins;
  if (std::ranges::any_of(named, [&](const std::string& one) {
        return one == "*" || http::equals_ignoring_case(one, *origin);
      }))
    return true;
  const std::size_t scheme = origin->find("://");
  return scheme != origin->npos && http::equals_ignoring_case(origin->substr(scheme + 3), asked.host());
}

/// For pages of other origins that may join.
void allow_origin(const hub& of, const http::server_request& asked, http::field_list& fields) {
  const auto origin = asked.fields().get("Origin");
  if (!origin || of.configured().websocket.origins.empty()) return;
  fields.append("Access-Control-Allow-Origin", *origin);
  fields.append("Access-Control-Allow-Methods", "POST, DELETE");
  fields.append("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Disposition");
  fields.append("Access-Control-Expose-Headers", "Location");
  fields.append("Vary", "Origin");
}

/// Without a name for browsers to ask for a password by, which they would keep and send for pages elsewhere.
[[noreturn]] void refuse_stranger(const char* why) {
  throw http::refusal(401, why, {{"WWW-Authenticate", "Bearer realm=\"uploads\""}});
}

/// Whose a file is: the identity of an account; the household of guests, who would else be others each time they come.
io::task<std::string> find_owner(hub& of, caller from, const http::server_request& asked) {
  const std::string given(asked.fields().get("Authorization").value_or(""));
  const std::size_t space = given.find(' ');
  const std::string scheme = folded(given.substr(0, space));
  const std::string credentials =
      space == given.npos ? "" : given.substr(given.find_first_not_of(' ', space));
  const std::optional<network> at = from.network();
  std::optional<std::string> owner;
  if (scheme == "bearer") {
    expect_may_show_token(of, from);
    owner = owner_of_file_host_token(of, credentials);
    if (!owner) {
      token_was_wrong(of, from, "wrong token of the file host");
      refuse_stranger("that token is not good, or not any more");
    }
  } else if (scheme == "basic") {
    owner = co_await prove_by_password(of, std::move(from), credentials);
    if (!owner) refuse_stranger("wrong account or password");
  } else {
    refuse_stranger("say who you are: by your account's password, or a token of EXTJWT");
  }
  if (is_account(*owner)) co_return *std::move(owner);
  if (of.configured().uploads.uploaders == uploaders::accounts)
    throw http::refusal(403, "files are for those who are logged in to an account");
  co_return at ? at->household().text() : "local";
}

/// Bytes are gathered before they go to the disk.
constexpr std::size_t piece_size = std::size_t{256} << 10U;

/// What a disk says that has no room.
bool is_full(const std::system_error& why) {
  return why.code() == std::errc::no_space_on_device || why.code().value() == EDQUOT;
}

io::task<void> take_body(uploads::arrival& coming, const std::shared_ptr<partial_upload>& file,
                         http::server_request& asked) {
  std::string gathered;
  const auto write = [&] {
    return io::blocking([file, piece = std::exchange(gathered, {})] { file->write(piece); });
  };
  for (;;) {
    const auto next = co_await io::race(asked.read(), coming.gives_way());
    if (next.index() != 0)
      throw http::refusal(503, "that came so slowly that others have its place; try again later",
                          {{"Retry-After", "10"}});
    const std::string_view piece = std::get<0>(next);
    if (piece.empty()) break;
    if (const auto fits = coming.grow(piece.size()); !fits) refuse(fits.error());
    gathered += piece;
    if (gathered.size() >= piece_size) co_await write();
  }
  if (!gathered.empty()) co_await write();
}

std::string path_of(const upload& one) {
  return fmt::format("{}/{}/{}", place, one.token,
                     http::percent_encode(one.name, http::encode_set::component));
}

io::task<void> take(hub& of, upload_folder& in, caller from, http::server_request& asked,
                    http::server_response& answer) {
  const bool is_secure = from.is_secure;
  const std::optional<network> network_of = from.network();
  const std::string owner = co_await find_owner(of, std::move(from), asked);
  const settings::uploads_group& bounds = of.configured().uploads;
  const std::string_view content_type = asked.fields().get("Content-Type").value_or("");
  const std::string name = upload_name(file_name_of(asked.fields().get("Content-Disposition").value_or("")),
                                       ending_for(content_type));
  if (!is_taken(bounds, http::media_type_of(name)))
    throw http::refusal(415, "files of that kind are not taken here",
                        {{"Accept-Post", fmt::format("{}", fmt::join(bounds.types, ", "))}});
  const std::uint64_t announced =
      http::parse_decimal(asked.fields().get("Content-Length").value_or("")).value_or(0);
  if (announced > bounds.max_size)
    throw http::refusal(413, fmt::format("a file may have {} bytes here", bounds.max_size));
  asked.limit_body(bounds.max_size);
  std::optional<network> counted;
  if (network_of && !of.named().exempt.contain(network_of)) counted = network_of->household();
  auto coming = of.uploads().begin(owner, counted, announced, io::loop::current().now());
  if (!coming) refuse(coming.error());
  try {
    const std::shared_ptr<partial_upload> file = co_await in.begin(coming->token());
    co_await take_body(*coming, file, asked);
    if (coming->size() == 0) throw http::refusal(400, "there is nothing in that file");
    upload called;
    called.token = coming->token();
    called.name = name;
    const std::string kept_as = called.file();
    co_await io::blocking(
        [file, kept_as, keeps = of.kept().options().keeps] { file->keep_as(kept_as, keeps); });
    const upload* kept = nullptr;
    try {
      // The account may have gone meanwhile, with all that was its own.
      if (is_account(owner) && !has_account(of, owner)) {
        file->forget();
        refuse_stranger("that account is no more");
      }
      kept = &of.uploads().keep(*std::move(coming), name, of.clock().seconds());
    } catch (const store_error& why) {
      file->forget();
      throw http::refusal(why.kind() == store_error::trouble::full ? 507 : 500, "the file could not be kept");
    }
    of.count.uploads.add();
    of.count.upload_bytes.add(kept->size);
    std::string location = path_of(*kept);
    if (!asked.host().empty())
      location = fmt::format("{}://{}{}", is_secure ? "https" : "http", asked.host(), location);
    answer.fields().append("Location", location);
    allow_origin(of, asked, answer.fields());
    co_await answer.status(201).send(location + "\n");
  } catch (const std::system_error& why) {
    if (is_full(why)) throw http::refusal(507, "the disk is full");
    throw;
  }
}

/// Null: there is none of that address.
const upload* find(hub& of, std::string_view path) {
  path.remove_prefix(place.size() + 1);
  const std::size_t slash = path.find('/');
  if (slash == path.npos) return nullptr;
  const upload* const found = of.uploads().find(path.substr(0, slash));
  return found && http::percent_decode(path.substr(slash + 1)) == found->name ? found : nullptr;
}

void describe(const upload& one, http::field_list& fields) {
  fields.append("Content-Security-Policy", policy);
  fields.append("Cross-Origin-Resource-Policy", "same-origin");
  fields.append("Referrer-Policy", "no-referrer");
  fields.append("X-Robots-Tag", "noindex");
  fields.append(
      "Content-Disposition",
      content_disposition(is_shown(http::media_type_of(one.name)) ? "inline" : "attachment", one.name));
}

}  // namespace

bool is_upload_path(std::string_view path) noexcept {
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

io::task<void> answer_upload(hub& of, upload_folder& in, caller from, http::server_request& asked,
                             http::server_response& answer) {
  http::field_list& fields = answer.fields();
  const std::string& method = asked.method();
  const bool is_read = method == "GET" || method == "HEAD";
  if (!of.uploads().is_offered()) throw http::refusal(404, "there are no files here");
  if (!is_read && !may_ask(of, asked)) throw http::refusal(403, "not by a page from elsewhere");
  if (asked.path() == place) {
    const settings::uploads_group& bounds = of.configured().uploads;
    if (method == "POST") co_return co_await take(of, in, std::move(from), asked, answer);
    if (method != "OPTIONS") throw http::refusal(405, "files are posted here", {{"Allow", "OPTIONS, POST"}});
    fields.append("Allow", "OPTIONS, POST");
    fields.append("Accept-Post", fmt::format("{}", fmt::join(bounds.types, ", ")));
    fields.append("Upload-Limit", fmt::format("max-size={}", bounds.max_size));
    allow_origin(of, asked, fields);
    co_return co_await answer.status(204).send_nothing();
  }
  std::optional<network> asks = from.network();
  if (of.named().exempt.contain(asks)) asks.reset();
  const io::time_point now = io::loop::current().now();
  if (!of.uploads().may_look(asks, now))
    throw http::refusal(429, "you have asked for too many files that are not there; try again later",
                        {{"Retry-After", "60"}});
  const upload* const one = find(of, asked.path());
  if (!one) {
    of.uploads().has_missed(asks, now);
    throw http::refusal(404, "there is no such file");
  }
  if (is_read) {
    describe(*one, fields);
    co_return co_await in.send(*one, asked, answer);
  }
  if (method == "OPTIONS") {
    fields.append("Allow", "DELETE, GET, HEAD, OPTIONS");
    allow_origin(of, asked, fields);
    co_return co_await answer.status(204).send_nothing();
  }
  if (method != "DELETE")
    throw http::refusal(405, "a file is read, or deleted", {{"Allow", "DELETE, GET, HEAD, OPTIONS"}});
  const std::string token = one->token, owner = one->owner;
  if (co_await find_owner(of, std::move(from), asked) != owner || !is_account(owner))
    throw http::refusal(403, "that is not your file");
  of.uploads().remove(token);
  allow_origin(of, asked, fields);
  co_await answer.status(204).send_nothing();
}

io::task<void> keep_uploads(hub& of, const upload_folder& in) {
  using namespace std::chrono_literals;
  constexpr int ticks_between_looks = 60;
  constexpr std::size_t most_at_once = 100;
  for (int ticks = 0;; ++ticks) {
    try {
      const auto age =
          std::chrono::duration_cast<std::chrono::seconds>(of.configured().history.retention_age).count();
      if (ticks % ticks_between_looks == 0 && age != 0 && !of.clock().is_doubtful())
        of.uploads().remove_older_than(of.clock().seconds() - age, most_at_once);
      in.remove(of.uploads().take_removed());
    } catch (const store_error&) {
      of.count.store_errors.add();  // the next look may do it
    }
    co_await io::sleep(1s);
  }
}

}  // namespace parlance::chat
