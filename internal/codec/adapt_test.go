package codec_test

import _ "github.com/coodie-go/coodie/internal/driver/gocqlv1" // tells the codec of gocql's Marshalers
