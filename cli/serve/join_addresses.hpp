// How others reach a server that listens here, ready to paste.
#pragma once

#include <string>
#include <vector>

#include <parlance/io/endpoint.hpp>

namespace parlance::cli {

/// The addresses at which `listening` can be reached: itself, or, when it stands for every interface, those
/// of the interfaces that are up, IPv4 first, and of these that by which others are called; this machine's own
/// loopback when there is nothing else.
std::vector<io::endpoint> reachable_at(const io::endpoint& listening);

/// "nc 192.168.1.5 8000" and "parlance chat 192.168.1.5:8000".
std::string with_nc(const io::endpoint& at);
std::string with_parlance(const io::endpoint& at);
/// "http://192.168.1.5:8000/", where a browser shows the page; https where only TLS is spoken. Empty where
/// there is none: at a Unix socket, and in a program built without it.
std::string with_browser(const io::endpoint& at, bool only_tls);

}  // namespace parlance::cli
