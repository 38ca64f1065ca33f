// What a name server, or anybody else, answers to a question about an address is read within its bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/chat/door/dns_message.hpp>

using namespace parlance::chat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  static const std::string asked = dns_question(0x1234, "2.0.0.127.dnsbl.example");
  (void)read_dns_answer(given, asked);
  // Behind a head that is right.
  std::string whole = asked;
  whole[2] = '\x81', whole[3] = '\x80';
  if (!given.empty()) whole[7] = given[0];
  whole += given.substr(given.empty() ? 0 : 1);
  const auto answer = read_dns_answer(whole, asked);
  if (!answer || answer->addresses.size() > 64) std::abort();
  return 0;
}
