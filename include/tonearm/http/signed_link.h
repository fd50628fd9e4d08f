#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/target.h"
#include "tonearm/http/validators.h"

#include <string>
#include <string_view>

namespace tonearm::http {

/// What a link's signature is made over: PATH "\n" UNIXTIME "\n" ADDRESS. `path` is
/// percent-decoded, without query and without the prefix of server.public_url; `address` is empty
/// for a link that anybody may use.
std::string link_text(std::string_view path, std::string_view unix_time, std::string_view address);

/// The parameters of a signed link, `exp=UNIXTIME[&bind=ip]&sig=SIG`, not yet verified. The views
/// point into the target.
struct LinkParameters {
  std::string_view unix_time;  ///< As it was signed.
  HttpTime expires;            ///< The last second of the link.
  bool bound_to_address = false;
  std::string_view signature;
};

/// `forbidden` with a detail for the client: no signature at all, or one that cannot be valid (a
/// parameter twice, an exp that is no number, another bind than `ip`).
Result<LinkParameters> read_link_parameters(const Target& target);

}  // namespace tonearm::http
