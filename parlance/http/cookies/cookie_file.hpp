// Cookies in a file in Netscape's format, as curl, wget and browsers' exports have it.
//
//   http::load_cookies(*jar, "cookies.txt");
//   ...
//   http::save_cookies(*jar, "cookies.txt");
//
// A line each: domain, whether it is for hosts below, path, whether it is Secure, seconds since 1970 at which it
// is over (0: with the session), name, value; separated by tabs. "#HttpOnly_" before the domain marks those that
// scripts of pages do not see; other lines that begin with # are comments. Lines that make no cookie are passed
// over, for others write such files, too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <parlance/http/cookies/cookie_jar.hpp>

namespace parlance::http {

inline constexpr std::size_t max_cookie_file = 16 << 20;

/// Says how many cookies there were. Those for all of a public suffix are none.
std::size_t read_cookies(cookie_jar& into, std::string_view text, wall_time now = wall_now());
std::string write_cookies(const cookie_jar& from, wall_time now = wall_now());

/// From a file; false when there is none. Both block. Throws io::error that names it.
bool load_cookies(cookie_jar& into, const std::string& path);
/// All of it is there, or what was there before. Its owner alone may read a new one.
void save_cookies(const cookie_jar& from, const std::string& path);

}  // namespace parlance::http
