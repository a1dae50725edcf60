"""What edgeprof says of a card, beside what a bare loop and the card's own events say."""
