#include "tonearm/http/signed_link.h"

#include "tonearm/base/number.h"

#include <cstdint>
#include <optional>

namespace tonearm::http {
namespace {

/// Until the year 33658, and far from where a sum with it could overflow.
constexpr std::size_t most_time_digits = 12;

Error forbidden(std::string why) { return Error{ErrorKind::forbidden, std::move(why), {}}; }

/// Whether it is there at most once; its value in `out`.
bool take_once(const Target& target, std::string_view name, std::optional<std::string_view>& out) {
  for (const auto& [key, value] : target.query) {
    if (key != name) continue;
    if (out) return false;
    out = value;
  }
  return true;
}

std::optional<HttpTime> parse_unix_time(std::string_view text) {
  if (text.empty() || text.size() > most_time_digits) return std::nullopt;
  const auto seconds = parse_number<std::uint64_t>(text);
  if (!seconds) return std::nullopt;
  return HttpTime(std::chrono::seconds(static_cast<std::int64_t>(*seconds)));
}

}  // namespace

std::string link_text(std::string_view path, std::string_view unix_time, std::string_view address) {
  std::string text;
  text.reserve(path.size() + unix_time.size() + address.size() + 2);
  text += path;
  text += '\n';
  text += unix_time;
  text += '\n';
  text += address;
  return text;
}

Result<LinkParameters> read_link_parameters(const Target& target) {
  std::optional<std::string_view> expires;
  std::optional<std::string_view> bind;
  std::optional<std::string_view> signature;
  const bool once = take_once(target, "exp", expires) && take_once(target, "bind", bind) &&
                    take_once(target, "sig", signature);
  if (!once) return forbidden("The link was altered: it has exp, bind or sig twice.");
  if (!signature || signature->empty()) {
    return forbidden("The signature is missing: this link needs exp and sig.");
  }
  if (!expires || expires->empty()) {
    return forbidden("The link's expiry is missing: it needs exp and sig.");
  }
  const auto time = parse_unix_time(*expires);
  if (!time) return forbidden("The link was altered: its exp is no time in seconds.");
  if (bind && *bind != "ip") return forbidden("The link was altered: its bind is not ip.");
  return LinkParameters{*expires, *time, bind.has_value(), *signature};
}

}  // namespace tonearm::http
