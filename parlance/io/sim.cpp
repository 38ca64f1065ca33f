#include <stdexcept>

#include <parlance/io/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/sim.hpp>
namespace parlance::io {
std::unique_ptr<backend> make_sim_backend(loop&, const sim_options&) { throw std::logic_error("not yet"); }
std::uint64_t sim_operations() { return 0; }
}  // namespace parlance::io
