// Accepts one caller, prints what it says, and answers with a line typed here.
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;

int main() {
  auto listener = io::wait(net::listen(":8000"));
  auto caller = io::wait(listener.accept());
  std::cout << "caller: " << io::wait(caller.recv()) << std::endl;
  std::string answer;
  std::getline(std::cin, answer);
  io::wait(caller.send(answer));
  io::wait(caller.close());
}
