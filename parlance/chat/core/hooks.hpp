// Webhooks of rooms (hook.hpp): who may make them, and how they are found by what is secret of them.
//
//   const std::string token = make_incoming_hook(hub, dev, "grafana", "alice");     // shown once
//   if (const auto its = find_hook(hub, token)) hub.say_for_hook(*its->in, hook_nick(its->what->name), "fire");
//
// What is made or taken back is kept before it is told. Throw store_error where it cannot be: then nothing has changed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/room.hpp>

namespace parlance::chat {

/// Of one room.
inline constexpr std::size_t most_hooks = 20;
inline constexpr std::size_t longest_hook_url = 1024, most_hook_words = 16;
/// What one may say: each message costs one, and a tenth for each of its lines.
inline constexpr budget hook_rate{.most = 30, .per_second = 1};

/// "grafana/hook": nobody who is here can be called so (is_relayed_name).
std::string hook_nick(std::string_view name);
/// Whether one may be called so.
bool is_hook_name(std::string_view name, const limits& bounds);

/// Where others post, "https://host/hooks/TOKEN", at the host by which `from` has found the server; the path alone where
/// that is none.
std::string address_of_hook(std::string_view token, const caller& from);

/// Its token. The room has fewer than most_hooks, and `name` is one.
std::string make_incoming_hook(hub& of, room& in, std::string_view name, std::string_view by);
/// Its secret. `url`: is_hook_url; `words` in small letters.
std::string make_outgoing_hook(hub& of, room& in, std::string_view url, std::vector<std::string> words,
                               std::string_view by);
/// https, or http, which `hooks.networks` may allow; to a host, and with nothing of a password in it.
bool is_hook_url(std::string_view text);
/// False: there is none.
bool take_back_hook(hub& of, room& in, std::string_view id);
/// An outgoing one posts no more, or does again where `why` is empty. False: there is none.
bool stop_hook(hub& of, room& in, std::string_view id, std::string_view why);

/// A hook, until the room's change.
struct found_hook {
  room* in;
  const hook* what;
};
/// The incoming one whose token that is; nothing: nobody's, or not any more.
std::optional<found_hook> find_hook(const hub& of, std::string_view token);
/// The outgoing one with this id.
std::optional<found_hook> find_outgoing_hook(const hub& of, std::string_view id);

/// A text as it may be said: fit to be shown, within the limits of a message of several lines, and with a mark where
/// it was cut for that. Empty: there is nothing to say.
std::string fit_for_hook(std::string_view text, const limits& bounds);
/// What it costs of hook_rate.
double cost_for_hook(std::string_view text) noexcept;

}  // namespace parlance::chat
