#pragma once

#include "tonearm/http/representation.h"

namespace tonearm::cache {

/// Whether what the origin describes now is provably the version that is kept, as it described
/// that. Where the source itself takes less for proof (upstream.window), so does this.
bool is_same_version(const http::Representation& kept, const http::Representation& now);

/// Whether a head that was made for the one is true of the other: enough for an answer of which
/// nothing has been sent.
bool is_described_alike(const http::Representation& one, const http::Representation& other);

}  // namespace tonearm::cache
