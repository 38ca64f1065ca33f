// Sends each line that is typed and prints the answer, until Q or q.
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;
int main() {
  auto server = io::wait(net::connect("localhost:8000"));
  for (std::string line; std::getline(std::cin, line);) {
    io::wait(server.send(line));
    if (line == "Q" || line == "q") break;
    std::cout << io::wait(server.recv()) << std::endl;
  }
}
