#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tonearm::source {

class ConnectionLimit;

/// upstream.allow_private: which origins may have a private address.
enum class AllowPrivate : std::uint8_t {
  no,
  yes,
  configured,  ///< Those that the configuration or the catalog names themselves.
};

/// What the HTTP source takes from [upstream]. Sizes are bytes.
struct UpstreamOptions {
  std::string base_url = "http://localhost:8000/media/";
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds first_byte_timeout{10'000};
  std::chrono::milliseconds stall_timeout{15'000};
  /// Attempts after the first, counted anew from the last byte that had not come before.
  unsigned retries = 5;
  std::size_t max_connections_per_host = 512;
  /// Upper bound of one request. 0: windows grow by themselves, where validators prove that they
  /// are of one version. Set, it forces windows, and equal size and type are the proof.
  std::uint64_t window = 0;
  std::string ca_file;
  /// Sent on every request to the origin that a song names; across a redirect to another origin
  /// only User-Agent, Accept and Accept-Language go along.
  std::vector<std::pair<std::string, std::string>> headers;
  AllowPrivate allow_private = AllowPrivate::configured;
  unsigned max_redirects = 5;
};

/// And what it takes from [stream], and is lent by the process.
struct HttpOptions : UpstreamOptions {
  std::size_t buffer = 256 * 1024;  ///< Bytes, for each body that is being read.
  /// A body that can be resumed and that nobody has read for so long gives its connection up.
  std::chrono::milliseconds release_after{30'000};

  /// What all loops share, with the limit that holds for all of them; null: one of its own, with
  /// max_connections_per_host.
  std::shared_ptr<ConnectionLimit> connections = {};
  /// Told how long each request took from its start to the end of its response head; on the loop of
  /// the client, while it reads the answer: it must not block and ask for nothing.
  std::function<void(std::chrono::nanoseconds)> on_answer = {};
};

/// Whether tonearm itself decides about the request field `name` for each request, or it belongs to
/// one connection (RFC 9110 §7.6.1): neither the operator's to set nor a resolver's.
bool is_own_field(std::string_view name);

}  // namespace tonearm::source
