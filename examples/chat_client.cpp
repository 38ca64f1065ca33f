#include <iostream>  // sends each line that is typed and prints the answer, until Q or q
#include <parlance/net.hpp>
using namespace parlance;
int main() {
  auto server = io::wait(net::connect("localhost:8000"));
  net::reader answers(server);
  for (std::string line; std::getline(std::cin, line);) {
    io::wait(server.send({line, "\n"}));
    if (line == "Q" || line == "q") break;
    std::cout << io::wait(answers.line()).value_or("(it has left)") << std::endl;
  }
}
