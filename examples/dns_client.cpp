// Prints the IPv4 addresses of a host, as a name server tells them over UDP, or over TCP when there are more
// than UDP takes: dns_client HOST SERVER:PORT
#include <iostream>
#include <random>
#include <parlance/net.hpp>
using namespace parlance;
using namespace std::chrono_literals;

std::size_t number(std::string_view in, std::size_t at) {
  return static_cast<unsigned char>(in.at(at)) * 256U + static_cast<unsigned char>(in.at(at + 1));
}

std::string bytes_of(std::size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

/// RFC 1035, section 4.1: a header, and what is asked for.
std::string question_for(std::string_view host) {
  std::string text = bytes_of(std::random_device()()) + std::string("\1\0\0\1\0\0\0\0\0\0", 10);
  if (host.ends_with('.')) host.remove_suffix(1);  // the root, which ends every name
  for (std::size_t end = 0; end != host.npos; host.remove_prefix(end == host.npos ? 0 : end + 1)) {
    const auto label = host.substr(0, end = host.find('.'));
    if (label.empty() || label.size() > 63)
      throw std::invalid_argument("each part of a name has 1 to 63 bytes");
    text += static_cast<char>(label.size());
    text += label;
  }
  return text + std::string("\0\0\1\0\1", 5);
}

/// Anybody may send anything here.
bool is_answer(std::string_view text, std::string_view question) {
  return text.size() >= 12 && text.starts_with(question.substr(0, 2));
}

io::task<std::string> answer_over_udp(net::datagram_socket& server, std::string_view question) {
  co_await server.send(question);
  for (;;)
    if (const auto got = co_await server.recv_from(); is_answer(got.data, question))
      co_return std::string(got.data);
}

io::task<std::string> answer_over_tcp(std::string to, std::string_view question) {
  auto server = co_await net::connect(to);
  co_await server.send({bytes_of(question.size()), question});
  net::reader in(server);
  const std::size_t size = number((co_await in.exactly(2)).value(), 0);
  co_return std::string((co_await in.exactly(size)).value());
}

io::task<std::string> ask(std::string to, std::string question) {
  auto server = co_await net::connect_datagram(to);
  for (int tries = 1;; ++tries) {
    try {
      std::string answer = co_await io::timeout(2s, answer_over_udp(server, question));
      if ((answer.at(2) & 2) == 0) co_return answer;  // it is whole
      break;
    } catch (const io::error& e) {
      if (tries == 3 || e.code() != std::errc::timed_out) throw;
    }
  }
  co_return co_await io::timeout(5s, answer_over_tcp(to, question));
}

std::size_t after_name(std::string_view in, std::size_t at) {
  while (in.at(at) != 0 && (in.at(at) & 0xc0) == 0) at += number(in, at) / 256 + 1;
  return at + (in.at(at) == 0 ? 1 : 2);  // the rest of a name may lie elsewhere
}

void print_addresses(std::string_view answer) {
  std::size_t at = after_name(answer, 12) + 4;
  for (std::size_t left = number(answer, 6); left != 0; --left) {
    at = after_name(answer, at);
    if (number(answer, at) == 1)
      for (std::size_t i = 10; i < 14; ++i)
        std::cout << number(answer, at + i - 1) % 256 << (i < 13 ? "." : "\n");
    at += 10 + number(answer, at + 8);
  }
}

int main(int argc, char** argv) try {
  if (argc != 3) return std::cerr << "usage: dns_client HOST SERVER:PORT\n", 2;
  print_addresses(io::wait(ask(argv[2], question_for(argv[1]))));
} catch (const std::out_of_range&) {
  return std::cerr << "the answer is cut\n", 1;
} catch (const std::exception& e) {
  return std::cerr << e.what() << '\n', 1;
}
