#include "tonearm/server/link_signer.h"

#include "app/commands.h"
#include "app/units.h"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdio>
#include <optional>

namespace tonearm::app {
namespace {

constexpr std::chrono::hours longest_link{24 * 3650};

}  // namespace

int run_sign(const Config& config, const SignArguments& arguments) {
  const server::LinkSigner signer(config.access.signing_keys);
  if (!signer.has_keys()) {
    return complain("access.signing_keys: is empty; set a key to sign with");
  }
  std::optional<std::chrono::milliseconds> time = config.access.link_ttl;
  if (arguments.expires) time = parse_duration(*arguments.expires);
  if (!time || *time < std::chrono::seconds(1) || *time > longest_link) {
    return complain("--expires: \"" + arguments.expires.value_or("") +
                    "\" is not a duration from 1s to 3650d; give one like 30m, 6h or 7d");
  }
  std::optional<server::Address> address;
  if (arguments.address) {
    boost::system::error_code error;
    address = boost::asio::ip::make_address(*arguments.address, error);
    if (error) {
      return complain("--ip: \"" + *arguments.address +
                      "\" is not an address; give one like 192.0.2.1 or 2001:db8::1");
    }
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto expires = now + std::chrono::floor<std::chrono::seconds>(*time);
  const Result<std::string> link = signer.sign(arguments.path, expires, address);
  if (!link) {
    return complain("\"" + arguments.path + "\" cannot be signed: " + link.error().detail +
                    "; give one like /songs/listen/1");
  }
  std::printf("%s\n", link->c_str());
  return 0;
}

}  // namespace tonearm::app
