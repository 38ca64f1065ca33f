#include <iostream>
#include <parlance/http.hpp>
int main(int, char** argv) { std::cout << parlance::io::wait(parlance::http::get(argv[1])).text(); }
